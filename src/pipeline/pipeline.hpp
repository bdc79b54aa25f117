#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "model/change_source.hpp"
#include "model/destination.hpp"
#include "model/progress.hpp"
#include "pipeline/delivery.hpp"
#include "pipeline/lane_queues.hpp"
#include "pipeline/mapping_reload.hpp"
#include "pipeline/mapping_set.hpp"
#include "pipeline/source_watch.hpp"

namespace waltrack {

struct PipelineSettings {
  size_t lanes = 8;
  BatchLimits batch;
  size_t memory_bytes = 32 << 20;  // in queues; reading stops above it
  DeliverySettings delivery;
  std::chrono::milliseconds grace{5000};     // at a stop, for what is on its way
  std::optional<ReloadSettings> reload;      // none: the mappings stay as they are
  std::optional<SourceWatchSettings> watch;  // none: nobody looks at the source
};

// What a run did, for its last log line.
struct RunSummary {
  uint64_t rows = 0;
  uint64_t delivered_events = 0;
  uint64_t dead_letters = 0;
  uint64_t unfinished_events = 0;  // left unconfirmed; the next run sends them under the same ids
  Lsn confirmed;
  std::vector<ShadowRule> shadow;
};

// The running whole. Five threads:
//
//   capture   owns the source and the mapper: reads, maps, fills the outbox, reports positions
//   delivery  owns the destination and the lanes' state: sends, waits, tries again
//   state     owns the store: dead letters and checkpoints, then publishes the confirmed position
//   reload    owns the watch on the mapping files: compiles a changed set and offers it to capture
//   watch     looks at server and slot now and then, over a connection of its own
//
// Between them only the lane queues, the ledger, the dead-letter queue, the condition, the status
// of mappings and source and the offered mappings, each with a lock of its own, taken once a batch
// and never two at a time. The order that makes it safe: an event is accepted (or its dead letter
// stored) → the ledger passes it → the checkpoint is on disk → the position is confirmed to the
// server.
//
// Runs until `stop_fd` becomes readable, then stops cleanly: reading ends, what is on its way gets
// `grace` to finish unless the receiver is not taking events, the last checkpoint is stored and
// confirmed. What did not finish stays unconfirmed. A failure of any thread ends the run the same
// way, without the grace, and is thrown from here. Called from the thread that owns all the parts.
RunSummary run_pipeline(ChangeSource& source, MappingSet mappings, Destination& destination,
                        ProgressStore& store, Checkpoint start, const PipelineSettings& settings,
                        const Clock& clock, int stop_fd);

}  // namespace waltrack
