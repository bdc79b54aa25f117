#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/lsn.hpp"
#include "model/snapshot.hpp"
#include "model/table.hpp"
#include "postgres/chunk_connection.hpp"

namespace waltrack {

// What a transaction sees that chunks are read in: see Chunk, whose fields these are.
struct ReadPoint {
  std::optional<Snapshot> snapshot;
  Lsn cut;
  SteadyTime settled_at;
};

// Waits until a standby has replayed all that ends before `position`. A transient Error when that
// takes longer than `limit`, or a stop is requested.
void wait_until_replayed(ChunkConnection& server, Lsn position, std::chrono::milliseconds limit,
                         const std::stop_token& stop);

struct ReadOptions {
  std::chrono::milliseconds statement_timeout;
  bool few_rows = false;     // single ones by their keys; else many in the order of the key
  std::string extra_schema;  // to be found unqualified, too; empty: none
};

// Begins a transaction that only reads, and sees the same in all its statements.
ReadPoint begin_reading(ChunkConnection& server, const ReadOptions& options,
                        const std::stop_token& stop);

// After the rows, in their transaction. A table that was rewritten since the transaction's snapshot
// (ALTER … TYPE, TRUNCATE, VACUUM FULL, CLUSTER) looks empty to it: what was read of it is no
// answer. Throws a transient Error then. See "Caveats" of MVCC in Postgres' documentation.
void check_not_rewritten(ChunkConnection& server, const std::vector<TableName>& tables,
                         const std::stop_token& stop);

// After the rows: what a standby had received when the snapshot was taken may be less than what it
// had replayed, where it lives on archived WAL. Moves the cut.
void settle(ChunkConnection& server, ReadPoint& point, const std::stop_token& stop);

}  // namespace waltrack
