#include "base/backoff.hpp"

#include <algorithm>

namespace waltrack {

Backoff::Backoff(std::chrono::milliseconds first, std::chrono::milliseconds cap, uint64_t seed)
    : first_(first), cap_(cap), random_(seed) {}

std::chrono::milliseconds Backoff::next() {
  constexpr int kMostDoublings = 30;
  const int64_t grown = first_.count() << std::min(attempts_, kMostDoublings);
  ++attempts_;
  const int64_t ceiling = std::clamp<int64_t>(grown, 1, cap_.count());
  return std::chrono::milliseconds(std::uniform_int_distribution<int64_t>(0, ceiling)(random_));
}

}  // namespace waltrack
