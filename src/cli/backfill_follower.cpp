#include "cli/backfill_follower.hpp"

#include <algorithm>
#include <poll.h>

#include "state/state_status.hpp"

namespace waltrack {
namespace {

constexpr int kPauseMs = 500;

// How it stands. Until its request is taken up, what the file holds of its table is of an earlier
// backfill.
BackfillProgress progress_of(const FollowedBackfill& followed, const StateStatus& status) {
  BackfillProgress progress;
  progress.table = followed.table;
  for (const state::PendingRequest& pending : status.backfill_requests) {
    if (pending.request.number != followed.request) continue;
    progress.reason = "the run has not taken it up yet";
    return progress;
  }
  for (const BackfillProgress& stored : status.backfills) {
    if (stored.table == followed.table) return stored;
  }
  progress.phase = BackfillPhase::failed;
  progress.reason = "the state file has no record of it";
  return progress;
}

std::vector<BackfillProgress> look(std::span<const FollowedBackfill> followed,
                                   const StateStatus& status) {
  std::vector<BackfillProgress> found;
  for (const FollowedBackfill& one : followed)
    found.push_back(progress_of(one, status));
  return found;
}

bool are_over(const std::vector<BackfillProgress>& backfills) {
  return std::ranges::all_of(backfills, &BackfillProgress::is_over);
}

bool is_signaled(int fd, int within_ms) {
  pollfd waiting{fd, POLLIN, 0};
  return poll(&waiting, 1, within_ms) > 0;
}

}  // namespace

FollowEnd follow_backfills(const std::string& state_path,
                           std::span<const FollowedBackfill> followed, BackfillDisplay& display,
                           const Clock& clock, int stop_fd) {
  bool stopped = false;
  bool runs = true;
  while (true) {
    const StateStatus status = read_state_status(state_path, 0);
    FollowEnd end;
    end.backfills = look(followed, status);
    const bool over = are_over(end.backfills);
    // The file was read before the run was looked for: once it is gone one more look sees all.
    const bool last = over || stopped || !runs;
    display.show(end.backfills, clock.steady(), last);
    if (last) {
      end.why = over      ? FollowEnd::Why::over
                : stopped ? FollowEnd::Why::stopped
                          : FollowEnd::Why::run_ended;
      return end;
    }
    runs = status.running;
    if (runs) stopped = is_signaled(stop_fd, kPauseMs);
  }
}

}  // namespace waltrack
