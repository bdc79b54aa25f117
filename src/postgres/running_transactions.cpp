#include "postgres/running_transactions.hpp"

#include <algorithm>
#include <optional>

namespace waltrack {
namespace {

// A transaction's lock on itself goes after it has left the snapshots, so whoever ran is in the
// locks, or over in a snapshot that is taken later.
constexpr const char* kRunningXids =
    "SELECT DISTINCT transactionid FROM pg_locks WHERE locktype = 'transactionid' AND granted";
constexpr const char* kSnapshot =
    "SELECT pg_current_snapshot(), CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
    "ELSE pg_current_wal_insert_lsn() END";

// The one of the 2^32 with these low bits that is nearest to `near`.
uint64_t full_xid(uint32_t xid, uint64_t near) {
  const auto distance = static_cast<int32_t>(xid - static_cast<uint32_t>(near));
  return near + static_cast<uint64_t>(static_cast<int64_t>(distance));
}

}  // namespace

RunningTransactions read_running_transactions(ChunkConnection& server) {
  PgConnection& connection = server.connection();
  const PgResult locks = connection.query(kRunningXids);
  const PgResult row = connection.query(kSnapshot);
  const std::optional<Snapshot> snapshot = Snapshot::parse(row.text(0, 0));
  if (!snapshot) {
    throw Error(ErrorKind::failure, "the server's snapshot is not understood",
                connection.context().where);
  }
  RunningTransactions running{snapshot->xmin, snapshot->xmax, server.position(row.text(0, 1))};
  for (int i = 0; i < locks.rows(); ++i) {
    const auto xid = static_cast<uint32_t>(locks.integer(i, 0));
    running.next = std::max(running.next, full_xid(xid, snapshot->xmax) + 1);
  }
  return running;
}

}  // namespace waltrack
