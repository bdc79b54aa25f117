#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "model/progress.hpp"
#include "pipeline/dead_letter_queue.hpp"

namespace waltrack {

// Lets so many dead letters through as the store has room for. Those beyond wait in it, unfinished,
// until somebody has made room: nothing behind them is confirmed meanwhile. Belongs to the state
// thread, but for bytes().
class DeadLetterCap {
 public:
  explicit DeadLetterCap(ProgressStore& store) : store_(store) {}

  // Takes these in and gives what may be stored now, in the order of their arrival; one that the
  // store has already needs no room. Looks for room once a second while letters wait. Throws what
  // the store throws; then all that was taken in waits, and the call may be made again.
  std::vector<DeadLetterQueue::Item> admit(std::vector<DeadLetterQueue::Item> fresh,
                                           SteadyTime now);

  size_t waiting() const { return waiting_.size() - unseen_; }
  // Any thread.
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  void look(SteadyTime now);
  std::vector<bool> known_among_unseen();

  ProgressStore& store_;
  std::deque<DeadLetterQueue::Item> waiting_;
  size_t unseen_ = 0;  // of these, at the end: the store was not asked about them yet
  size_t room_ = 0;    // there was so much, less what was let through; others only make more
  std::optional<SteadyTime> looked_at_;
  std::atomic<size_t> bytes_ = 0;
};

}  // namespace waltrack
