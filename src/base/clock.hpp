#pragma once

#include <chrono>
#include <cstdint>

namespace waltrack {

using SteadyTime = std::chrono::steady_clock::time_point;

// Time as an effect, so that tests can own it. Safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime steady() const = 0;
  virtual int64_t utc_us() const = 0;  // microseconds since 1970-01-01 UTC
};

class SystemClock final : public Clock {
 public:
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  int64_t utc_us() const override {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace waltrack
