#pragma once

#include <atomic>

#include "base/clock.hpp"

namespace waltrack {

// UTC stands still until told; steady time is the real one.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(int64_t utc_us) : utc_us_(utc_us) {}

  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  int64_t utc_us() const override { return utc_us_; }
  void advance(std::chrono::microseconds by) { utc_us_ += by.count(); }

 private:
  std::atomic<int64_t> utc_us_;
};

inline constexpr int64_t kNoonUs = 1'795'435'200'000'000;  // 2026-11-23T12:00:00Z

}  // namespace waltrack
