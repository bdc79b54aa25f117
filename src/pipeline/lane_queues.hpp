#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "pipeline/event_batch.hpp"

namespace waltrack {

struct BatchLimits {
  size_t bytes = 0;  // of joined events, the request's envelope not counted
  size_t events = 0;
};

// A set of lanes, one bit each: there are 64 at most.
using LaneSet = uint64_t;

template <typename Work>
void for_each_lane(LaneSet lanes, Work work) {
  for (; lanes != 0; lanes &= lanes - 1)
    work(static_cast<size_t>(std::countr_zero(lanes)));
}

// The queues between capture and delivery, one a lane, each a row of batches that fill up while the
// lane's request is in flight. Capture pushes, delivery takes; any thread may ask for the size.
//
// A fence stands in the queues of several lanes: its events name users who have events in several
// of them (see UserLanes). One of the lanes sends it, once everything before it is finished in all
// of them, and what stands behind it in any of them waits until it is finished. In each queue the
// numbers of fences rise, so no two of them wait for each other.
class LaneQueues {
 public:
  LaneQueues(size_t lanes, BatchLimits limits);

  size_t lanes() const { return queues_.size(); }
  const BatchLimits& limits() const { return limits_; }

  // Moves each lane's new events to the end of its queue; `fresh` holds one batch a lane, each
  // within the limits, and comes back empty with its capacity, or another's, to write into again.
  void push(std::vector<EventBatch>& fresh);

  // Moves events that concern several lanes behind all that is in their queues. Fences that meet in
  // all of their lanes become one.
  void push_fence(EventBatch& events, LaneSet lanes);

  struct Taken {
    EventBatch events;
    LaneSet lanes = 0;  // the lane's own, or all of a fence
  };
  // The oldest batch of a lane that has none taken; nothing also when a fence keeps it back. It
  // goes on counting until finish().
  std::optional<Taken> take(size_t lane);

  // Whether more events may yet travel with what take() would give, as nothing stands behind it.
  bool may_grow(size_t lane) const;

  // What was taken for this lane is done with.
  void finish(size_t lane);

  // All that is in the queues, each lane's in order; what was taken is forgotten.
  std::vector<EventBatch> take_all();

  // For each lane the bytes in its queue and in what was taken for it; events of a fence count for
  // the lane that sends them.
  std::vector<size_t> lane_bytes() const;

  // Bytes in the queues and in taken batches.
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Item {
    EventBatch batch;    // empty: another lane sends it
    uint64_t fence = 0;  // its number; 0: none
  };
  struct Fence {
    size_t sender = 0;
    LaneSet lanes = 0;
  };

  bool fits(const EventBatch& tail, const EventBatch& more) const;
  void append(EventBatch& tail, const EventBatch& more);
  bool join_fence(const EventBatch& events, LaneSet lanes);
  bool stands_at(uint64_t fence, const Fence& where) const;

  // Constant after construction.
  const BatchLimits limits_;

  mutable std::mutex mutex_;
  std::vector<std::deque<Item>> queues_;  // guarded by mutex_, as all below
  std::vector<size_t> taken_;             // for each lane the cost of what was taken; 0: nothing
  std::map<uint64_t, Fence> fences_;      // by number
  std::vector<uint64_t> last_fence_;      // that was ever put into each lane
  uint64_t next_fence_ = 1;
  std::atomic<size_t> bytes_ = 0;
};

}  // namespace waltrack
