#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "model/change_source.hpp"
#include "model/destination.hpp"
#include "model/progress.hpp"
#include "pipeline/backfill_weaver.hpp"
#include "pipeline/chunk_readers.hpp"
#include "pipeline/delivery.hpp"
#include "pipeline/lane_queues.hpp"
#include "pipeline/mapping_reload.hpp"
#include "pipeline/mapping_set.hpp"
#include "pipeline/run_board.hpp"
#include "pipeline/source_watch.hpp"

namespace waltrack {

struct BackfillSettings {
  BackfillStart start;
  ChunkReaders::Maker make_reader;
  // Asked for by whoever starts the run.
  std::vector<BackfillRequest> requests;
  // Not empty: the run ends when the backfills of these tables are over.
  std::vector<TableName> until_over;
};

struct PipelineSettings {
  size_t lanes = 8;
  BatchLimits batch;
  size_t memory_bytes = 32 << 20;  // in queues; reading stops above it
  DeliverySettings delivery;
  std::optional<SpoolSettings> spool;  // none: what can't be sent waits in memory and at the source
  std::chrono::milliseconds grace{5000};     // at a stop, for what is on its way
  std::optional<ReloadSettings> reload;      // none: the mappings stay as they are
  std::optional<SourceWatchSettings> watch;  // none: nobody looks at the source
  std::optional<BackfillSettings> backfill;  // none: there are no backfills
  RunBoard* board = nullptr;                 // where the run's figures are shown; none: nowhere
};

// What a run did, for its last log line.
struct RunSummary {
  uint64_t rows = 0;
  uint64_t backfilled_rows = 0;
  uint64_t delivered_events = 0;
  uint64_t dead_letters = 0;
  // Left unconfirmed, or in the spool; the next run sends them under the same ids.
  uint64_t unfinished_events = 0;
  Lsn confirmed;
  std::vector<ShadowRule> shadow;
  std::vector<BackfillProgress> backfills;  // that this run had to do with, as they are stored
};

// The running whole. Five threads, and those that read for backfills:
//
//   capture   owns the source and the mapper: reads, maps, weaves rows of backfills in, fills the
//             outbox, reports positions
//   delivery  owns the destination, the lanes' state and the spool: sends, waits, tries again
//   state     owns the store: dead letters and checkpoints, then publishes the confirmed position
//   reload    owns the watch on the mapping files: compiles a changed set and offers it to capture
//   watch     looks at server and slot now and then, over a connection of its own
//   reader N  reads chunks of rows that are there already, over a connection of its own
//
// The thread that called waits for the stop, and looks each second whether the others get on.
//
// Between them only the lane queues (the spool's, too), the ledger, the dead-letter queue, the
// condition, the status of mappings and source, the offered mappings, the readers' jobs, what is
// exchanged about backfills and the counts, each with a lock of its own, taken once a batch, or
// where an event of one user follows one that names two, and never two at a time; whoever looks at
// the whole run holds the board's and the watch's above them. The order that makes it safe: an
// event is accepted (or its dead letter stored) → the ledger passes it → the checkpoint is on disk
// → the position is confirmed to the server.
//
// Runs until `stop_fd` becomes readable or `until_over` is so, then stops cleanly: reading ends,
// what is on its way gets `grace` to finish unless the receiver is not taking events, the last
// checkpoint is stored and confirmed. What did not finish stays unconfirmed. A failure of any
// thread ends the run the same way, without the grace, and is thrown from here. Called from the
// thread that owns all the parts.
RunSummary run_pipeline(ChangeSource& source, MappingSet mappings, Destination& destination,
                        ProgressStore& store, Checkpoint start, const PipelineSettings& settings,
                        const Clock& clock, int stop_fd);

}  // namespace waltrack
