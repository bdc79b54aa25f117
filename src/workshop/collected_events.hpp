#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "model/event_sink.hpp"

namespace waltrack {

// What one rule made of a row.
struct RuleOutcome {
  enum class Kind { event, dead_letter, silent };

  const Rule* rule = nullptr;
  Kind kind = Kind::silent;
  nlohmann::ordered_json event = {};        // event
  std::string reason = {}, detail = {};     // dead_letter
  Silence silence = Silence::other_change;  // silent
};

// Why a rule was silent, for people.
std::string_view describe(Silence why);

// Keeps what a mapper makes of rows, to be looked at. The rules belong to the mapper.
class CollectedEvents final : public EventSink {
 public:
  std::string* open(const Rule& rule, const EventIdentity& who) override;
  void close() override;
  void abandon() override { text_.clear(); }
  void silent(const Rule& rule, Silence why) override;
  void reject(const Rule& rule, std::string_view reason, std::string_view detail) override;

  // In the order of the rules.
  const std::vector<RuleOutcome>& outcomes() const { return outcomes_; }

 private:
  std::vector<RuleOutcome> outcomes_;
  const Rule* rule_ = nullptr;  // whose event is open
  std::string text_;
};

}  // namespace waltrack
