#pragma once

#include <functional>

#include "base/clock.hpp"
#include "model/progress.hpp"
#include "pipeline/dead_letter_queue.hpp"
#include "pipeline/event_batch.hpp"
#include "pipeline/inflight_ledger.hpp"
#include "pipeline/lane_queues.hpp"
#include "pipeline/mapping_status.hpp"
#include "pipeline/outbox.hpp"
#include "pipeline/rule_counts.hpp"

namespace waltrack {

// The way of events from the mapper to the checkpoint with the sizes of a real run, but in one
// thread and to a receiver that accepts all at once.
class LanePath {
 public:
  LanePath();

  Outbox& outbox() { return outbox_; }
  size_t bytes() const { return lanes_.bytes() + ledger_.bytes(); }
  Lsn confirmed() const { return confirmed_; }

  // Takes all that is in the lanes, batch by batch, shows each to `send` and accepts it. Returns
  // the number of events. Throws when a row was rejected.
  size_t deliver(const std::function<void(const EventBatch&)>& send);

 private:
  const SystemClock clock_;
  LaneQueues lanes_;
  InflightLedger ledger_;
  DeadLetterQueue dead_letters_;
  MappingStatus mappings_;
  RuleCounts counts_;
  Outbox outbox_;
  Lsn confirmed_;
};

}  // namespace waltrack
