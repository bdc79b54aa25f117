#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/mapping_state.hpp"
#include "model/rule.hpp"
#include "pipeline/mapping_set.hpp"

namespace waltrack {

// Which mapping files are at work and which wait or are wrong, and what the shadow rules would have
// sent; the state thread stores it. Any thread may call.
class MappingStatus {
 public:
  explicit MappingStatus(const Clock& clock) : clock_(clock) {}

  // `set` is at work from now on; nothing waits any more.
  void set_live(const MappingSet& set);
  // `set` is right and waits; it replaces another that does. The files have no faults then.
  void set_pending(const MappingSummary& set);
  // Why it waits.
  void set_pending_reason(std::string reason);
  void set_invalid(std::vector<std::string> faults);
  void set_unchecked(std::string reason);
  void set_checked();
  // The files are those that are live or wait.
  void set_valid();
  void set_lacking(std::vector<std::string> lacking);

  // More of what a shadow rule would have sent. `reason` is of the last failure.
  void count_shadow(const Rule& rule, uint64_t events, uint64_t failures,
                    const std::string& reason);

  MappingState state() const;
  // Grows whenever state() changes.
  uint64_t version() const;

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  MappingState state_;    // guarded by mutex_
  uint64_t version_ = 0;  // guarded by mutex_
};

}  // namespace waltrack
