#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "model/source_state.hpp"

namespace waltrack {

// Whether the source streams, and what the last look at it told; the state thread stores it. Any
// thread may call.
class SourceStatus {
 public:
  explicit SourceStatus(const Clock& clock) : clock_(clock) {}

  void set_streaming(const StreamOrigin& origin);
  // The stream ended, or could not be opened.
  void set_problem(std::string problem);
  void set_reading(SourceReading reading);

  SourceState state() const;
  // Grows whenever state() changes.
  uint64_t version() const;

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  SourceState state_;     // guarded by mutex_
  uint64_t version_ = 0;  // guarded by mutex_
};

}  // namespace waltrack
