#pragma once

#include <span>
#include <string>
#include <vector>

#include "mapping/rule_outline.hpp"

namespace waltrack {

// What a rule of a Segment tracking plan is about.
struct PlanSubject {
  std::string type;  // TRACK, IDENTIFY, GROUP, PAGE or SCREEN; empty: a plan has no rule for it
  std::string key;   // the event's, page's or screen's name; empty = all of the type

  bool operator==(const PlanSubject&) const = default;
  auto operator<=>(const PlanSubject&) const = default;
  std::string text() const;  // "TRACK 'Order Placed'", for messages
};

PlanSubject plan_subject(const RuleOutline& rule);

// "properties" or "traits": where a call of the type keeps what it says.
const char* plan_body_key(const std::string& type);

struct TrackingPlan {
  std::string text;                   // a file
  std::vector<const Rule*> left_out;  // the row decides the event's name
};

// What the rules can send, as a Segment tracking plan: {"rules": […]}, the body with which
// Segment's Public API replaces a plan's rules, each {type, key, version, jsonSchema}. Rules of one
// event are one rule of the plan. The text depends on the mappings and the columns alone: sorted,
// each value on a line.
TrackingPlan make_tracking_plan(std::span<const RuleOutline> rules);

}  // namespace waltrack
