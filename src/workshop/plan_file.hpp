#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "workshop/tracking_plan.hpp"

namespace waltrack {

// A rule of a tracking plan that somebody gave us.
struct PlannedRule {
  PlanSubject subject;
  int64_t version = 1;
  nlohmann::json body;  // the JSON Schema of its properties or traits: an object, or true or false
};

inline constexpr size_t kMostPlanBytes = size_t{16} << 20;

// Reads a tracking plan: {"rules": […]}, the list alone, or {"data": {"rules": […]}} as Segment's
// Public API answers. Of rules with one subject the newest version counts; COMMON rules are passed
// over. What is wrong goes to `diagnostics` under `path`, and then there are none. Never throws,
// whatever comes in: at most 16 MB and 64 levels are read, and every schema in it is one.
std::vector<PlannedRule> read_plan(std::string_view text, const std::string& path,
                                   Diagnostics& diagnostics);

}  // namespace waltrack
