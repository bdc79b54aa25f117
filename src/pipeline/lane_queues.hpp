#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/event_batch.hpp"

namespace waltrack {

struct BatchLimits {
  size_t bytes = 0;  // of joined events, the request's envelope not counted
  size_t events = 0;
};

// The queues between capture and delivery, one a lane, each a row of batches that fill up while the
// lane's request is in flight. Capture pushes, delivery takes; any thread may ask for the size.
class LaneQueues {
 public:
  LaneQueues(size_t lanes, BatchLimits limits);

  size_t lanes() const { return queues_.size(); }

  // The lane in which all events of this user travel.
  size_t lane_of(std::string_view user) const;

  // Moves each lane's new events to the end of its queue; `fresh` holds one batch a lane, each
  // within the limits, and comes back empty with its capacity, or another's, to write into again.
  void push(std::vector<EventBatch>& fresh);

  // The oldest batch of a lane; its bytes go on counting until release().
  std::optional<EventBatch> take(size_t lane);

  // A taken batch is done with.
  void release(const EventBatch& batch);

  // Bytes in the queues and in taken batches.
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  bool fits(const EventBatch& tail, const EventBatch& more) const;

  // Constant after construction.
  const BatchLimits limits_;

  std::mutex mutex_;
  std::vector<std::deque<EventBatch>> queues_;  // guarded by mutex_
  std::atomic<size_t> bytes_ = 0;
};

}  // namespace waltrack
