#pragma once

#include <optional>

#include "base/clock.hpp"
#include "model/lsn.hpp"

namespace waltrack {

// Notices that the server may be waiting for us to let it shut down: a stopping server stays until
// its logical client has confirmed everything sent, so an outage of the receiver would keep it from
// stopping. Its sign is a run of keepalives that ask for a reply while its position stands still.
// With back-pressure the keepalives do not reach us; then time is the only sign. Either is only a
// reason to ask. Belongs to the capture thread.
class ShutdownWatch {
 public:
  void keepalive(Lsn wal_end, bool reply_requested) {
    const bool same = reply_requested && wal_end == last_end_;
    run_ = same ? run_ + 1 : 0;
    last_end_ = wal_end;
  }

  void reset() { run_ = 0; }

  // Whether to ask the server now. `has_unconfirmed`: we hold something back; `reading`: its
  // keepalives can reach us. Call it often.
  bool should_ask(SteadyTime now, bool has_unconfirmed, bool reading) {
    constexpr int kSuspiciousRun = 3;
    constexpr std::chrono::seconds kBetween{2};
    if (reading) deaf_since_.reset();
    if (!reading && !deaf_since_) deaf_since_ = now;
    const bool deaf = deaf_since_ && now - *deaf_since_ >= kBetween;
    if (!has_unconfirmed || (run_ < kSuspiciousRun && !deaf)) return false;
    if (asked_at_ && now - *asked_at_ < kBetween) return false;
    asked_at_ = now;
    return true;
  }

 private:
  Lsn last_end_;
  int run_ = 0;
  std::optional<SteadyTime> deaf_since_;
  std::optional<SteadyTime> asked_at_;
};

}  // namespace waltrack
