#include "workshop/tracking_plan.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "workshop/value_shape.hpp"

namespace waltrack {
namespace {

using Json = nlohmann::ordered_json;

// Events first: they are what people look for.
int rank(const std::string& type) {
  int rank = 0;
  for (const char* known : {"TRACK", "IDENTIFY", "GROUP", "PAGE", "SCREEN"}) {
    if (type == known) break;
    ++rank;
  }
  return rank;
}

struct BySubject {
  bool operator()(const PlanSubject& a, const PlanSubject& b) const {
    return std::pair(rank(a.type), std::string_view(a.key)) <
           std::pair(rank(b.type), std::string_view(b.key));
  }
};

Json plan_rule(const PlanSubject& subject, const ValueShape& body) {
  Json rule = {{"type", subject.type}};
  rule["key"] = subject.key.empty() ? Json(nullptr) : Json(subject.key);
  rule["version"] = 1;
  Json parts = {
      {"context", Json::object()}, {"traits", Json::object()}, {"properties", Json::object()}};
  parts[plan_body_key(subject.type)] = body.schema();
  rule["jsonSchema"] = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                        {"type", "object"},
                        {"properties", std::move(parts)}};
  return rule;
}

}  // namespace

std::string PlanSubject::text() const {
  return key.empty() ? type : type + " '" + key + "'";
}

PlanSubject plan_subject(const RuleOutline& rule) {
  switch (rule.type) {
    case CallType::identify:
      return {"IDENTIFY", ""};
    case CallType::group:
      return {"GROUP", ""};
    case CallType::track:
      return {"TRACK", rule.name};
    case CallType::page:
      return {"PAGE", rule.name};
    case CallType::screen:
      return {"SCREEN", rule.name};
    case CallType::alias:
      break;
  }
  return {};
}

const char* plan_body_key(const std::string& type) {
  return type == "IDENTIFY" || type == "GROUP" ? "traits" : "properties";
}

TrackingPlan make_tracking_plan(std::span<const RuleOutline> rules) {
  TrackingPlan plan;
  std::map<PlanSubject, ValueShape, BySubject> shapes;
  for (const RuleOutline& rule : rules) {
    const PlanSubject subject = plan_subject(rule);
    if (subject.type.empty()) continue;
    if (rule.type == CallType::track && rule.row_names) {
      plan.left_out.push_back(rule.rule);
    } else {
      shapes[subject].add(rule.body);
    }
  }
  Json list = Json::array();
  for (const auto& [subject, body] : shapes)
    list.push_back(plan_rule(subject, body));
  plan.text = Json{{"rules", std::move(list)}}.dump(2) + "\n";
  return plan;
}

}  // namespace waltrack
