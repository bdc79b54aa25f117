#include "pipeline/mapping_status.hpp"

#include <algorithm>
#include <utility>

namespace waltrack {

void MappingStatus::set_live(const MappingSet& set) {
  const std::lock_guard lock(mutex_);
  state_.live = {set.summary, clock_.utc_us()};
  state_.pending.reset();
  // A rule that was a shadow before goes on counting.
  std::vector<ShadowRule> shadow = set.shadow;
  for (ShadowRule& rule : shadow) {
    const auto known = std::ranges::find_if(state_.shadow, [&](const ShadowRule& one) {
      return one.table == rule.table && one.rule == rule.rule;
    });
    if (known != state_.shadow.end()) rule = *known;
  }
  state_.shadow = std::move(shadow);
  ++version_;
}

void MappingStatus::set_pending(const MappingSummary& set) {
  const std::lock_guard lock(mutex_);
  state_.pending = {set, clock_.utc_us(), {}};
  state_.invalid.reset();
  state_.unchecked.reset();
  ++version_;
}

void MappingStatus::set_pending_reason(std::string reason) {
  const std::lock_guard lock(mutex_);
  if (!state_.pending || state_.pending->reason == reason) return;
  state_.pending->reason = std::move(reason);
  ++version_;
}

void MappingStatus::set_invalid(std::vector<std::string> faults) {
  const std::lock_guard lock(mutex_);
  state_.invalid = {clock_.utc_us(), std::move(faults)};
  state_.unchecked.reset();
  ++version_;
}

void MappingStatus::set_unchecked(std::string reason) {
  const std::lock_guard lock(mutex_);
  const int64_t since = state_.unchecked ? state_.unchecked->since_us : clock_.utc_us();
  state_.unchecked = {since, std::move(reason)};
  ++version_;
}

void MappingStatus::set_checked() {
  const std::lock_guard lock(mutex_);
  state_.unchecked.reset();
  ++version_;
}

void MappingStatus::set_valid() {
  const std::lock_guard lock(mutex_);
  state_.invalid.reset();
  state_.unchecked.reset();
  ++version_;
}

void MappingStatus::set_lacking(std::vector<std::string> lacking) {
  const std::lock_guard lock(mutex_);
  if (state_.lacking == lacking) return;
  state_.lacking = std::move(lacking);
  ++version_;
}

void MappingStatus::count_shadow(const Rule& rule, uint64_t events, uint64_t failures,
                                 const std::string& reason) {
  const std::lock_guard lock(mutex_);
  auto known = std::ranges::find_if(state_.shadow, [&](const ShadowRule& one) {
    return one.table == rule.table && one.rule == rule.id;
  });
  if (known == state_.shadow.end()) {
    known = state_.shadow.insert(
        known,
        {.table = rule.table, .rule = rule.id, .events = 0, .failures = 0, .last_failure = {}});
  }
  known->events += events;
  known->failures += failures;
  if (failures > 0) known->last_failure = reason;
  ++version_;
}

MappingState MappingStatus::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

uint64_t MappingStatus::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

}  // namespace waltrack
