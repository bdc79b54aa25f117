#include "pipeline/source_status.hpp"

#include <utility>

namespace waltrack {

void SourceStatus::set_streaming(const StreamOrigin& origin) {
  const std::lock_guard lock(mutex_);
  if (state_.streaming && state_.origin == origin) return;
  if (!state_.streaming) state_.since_us = clock_.utc_us();
  state_.streaming = true;
  state_.origin = origin;
  state_.problem.clear();
  ++version_;
}

void SourceStatus::set_problem(std::string problem) {
  const std::lock_guard lock(mutex_);
  if (state_.streaming || state_.since_us == 0) state_.since_us = clock_.utc_us();
  state_.streaming = false;
  state_.problem = std::move(problem);
  ++version_;
}

void SourceStatus::set_reading(SourceReading reading) {
  const std::lock_guard lock(mutex_);
  state_.reading = std::move(reading);
  ++version_;
}

SourceState SourceStatus::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

uint64_t SourceStatus::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

}  // namespace waltrack
