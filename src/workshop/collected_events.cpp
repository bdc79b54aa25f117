#include "workshop/collected_events.hpp"

namespace waltrack {

std::string_view describe(Silence why) {
  switch (why) {
    case Silence::other_change:
      return "its `on` names other kinds of changes";
    case Silence::when:
      return "its `when` is false or null";
    case Silence::same_output:
      return "it would say what it said of the old row";
  }
  return "";
}

std::string* CollectedEvents::open(const Rule& rule, const EventIdentity& /*who*/) {
  rule_ = &rule;
  text_.clear();
  return &text_;
}

void CollectedEvents::close() {
  RuleOutcome outcome{.rule = rule_, .kind = RuleOutcome::Kind::event};
  outcome.event = nlohmann::ordered_json::parse(text_);
  outcomes_.push_back(std::move(outcome));
}

void CollectedEvents::silent(const Rule& rule, Silence why) {
  outcomes_.push_back({.rule = &rule, .kind = RuleOutcome::Kind::silent, .silence = why});
}

void CollectedEvents::reject(const Rule& rule, std::string_view reason, std::string_view detail) {
  outcomes_.push_back({.rule = &rule,
                       .kind = RuleOutcome::Kind::dead_letter,
                       .reason = std::string(reason),
                       .detail = std::string(detail)});
}

}  // namespace waltrack
