#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/event_sink.hpp"

namespace waltrack {

// Whom an event names, as its order among others depends on it: a digest of each, the event's user
// first, the same in every run and version (the spool keeps them), never 0; zeros behind them. Two
// users may share one by chance; then their events are kept in order as if they were one user's.
struct EventUsers {
  static constexpr size_t kMost = 3;
  std::array<uint32_t, kMost> digests{};

  // Those that are there.
  std::span<const uint32_t> named() const {
    return {digests.begin(), std::find(digests.begin(), digests.end(), 0u)};
  }
  bool operator==(const EventUsers&) const = default;
};

// `who` names kMost users at most.
EventUsers event_users(const EventIdentity& who);

}  // namespace waltrack
