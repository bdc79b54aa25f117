#pragma once

#include <chrono>
#include <thread>

namespace waltrack {

// Asks `condition` until it is true or `limit` is over; tells which. The limit is for the case that
// fails, so it may be generous.
template <typename Condition>
[[nodiscard]] bool wait_until(Condition&& condition,
                              std::chrono::milliseconds limit = std::chrono::seconds(15),
                              std::chrono::milliseconds pause = std::chrono::milliseconds(10)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return condition();
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace waltrack
