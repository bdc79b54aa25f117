#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/event_batch.hpp"
#include "pipeline/lane_queues.hpp"

namespace waltrack {

// Events that gather on their way into the queues, so that a lock is taken for many of them and not
// for each: a batch a lane, and behind them all one of events that concern several lanes. Belongs
// to one thread.
class LaneBatches {
 public:
  explicit LaneBatches(LaneQueues& queues);

  // Whether events of these lanes may be added before the next push(): it must come first when so
  // much has gathered, when an event of one lane would come before one of several that is older,
  // and when one of several has no lane in common with those before: they need not wait for each
  // other.
  bool takes(LaneSet lanes) const;

  // The batch that an event of these lanes belongs into: open() it there, and close() it here, or
  // abandon() it there. Good until push(). takes(lanes) is so.
  EventBatch& at(LaneSet lanes);
  void close(EventBatch& batch, uint64_t sequence, size_t start);

  // Appends a whole one.
  void add(LaneSet lanes, uint64_t sequence, std::string_view event);

  // So much has gathered that it is time to push.
  bool is_full() const { return full_; }

  // Moves all into the queues.
  void push();

 private:
  LaneQueues& queues_;
  const BatchLimits most_;         // of each, then it is time to push
  std::vector<EventBatch> fresh_;  // one a lane
  EventBatch fence_;
  LaneSet fence_lanes_ = 0;
  bool full_ = false;
};

}  // namespace waltrack
