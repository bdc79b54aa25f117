#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace waltrack {

// Exponential back-off with full jitter: the n-th wait is uniform between 0 and first × 2ⁿ, never
// above `cap`. Not thread-safe.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds cap, uint64_t seed);

  std::chrono::milliseconds next();
  void reset() { attempts_ = 0; }
  int attempts() const { return attempts_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds cap_;
  int attempts_ = 0;
  std::mt19937_64 random_;
};

}  // namespace waltrack
