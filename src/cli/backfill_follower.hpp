#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "cli/backfill_display.hpp"
#include "model/backfill.hpp"

namespace waltrack {

struct FollowedBackfill {
  TableName table;
  int64_t request = 0;  // that begins it; 0: it is under way already
};

struct FollowEnd {
  enum class Why {
    over,       // all of them
    stopped,    // stop_fd became readable
    run_ended,  // no run has the state file open any more
  };
  Why why = Why::over;
  std::vector<BackfillProgress> backfills;  // as they stood last, in the order they were given in
};

// Follows backfills of a run, this process's or another's, by what its state file says of them, and
// shows them. Returns when all are over, or at what else FollowEnd names. Throws an Error when the
// file cannot be read.
FollowEnd follow_backfills(const std::string& state_path,
                           std::span<const FollowedBackfill> followed, BackfillDisplay& display,
                           const Clock& clock, int stop_fd);

}  // namespace waltrack
