#include "postgres/read_point.hpp"

#include <algorithm>
#include <thread>

#include "base/size_text.hpp"
#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kBetweenLooks = 10ms;

// Rows have to come in the order of the key's index, a chunk at a time: what serves one big query
// best (a scan of the whole table and a sort, several processes, compiled code) is paid for with
// each chunk. Costs that were put up by these settings would make the compiler start.
constexpr const char* kInOrder =
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; "
    "SET LOCAL enable_bitmapscan = off; ";
constexpr const char* kFew = "SET LOCAL enable_seqscan = off; ";
constexpr const char* kAlways =
    "SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0; "
    "SET LOCAL synchronize_seqscans = off; ";

constexpr const char* kPoint =
    "SELECT pg_current_snapshot(), pg_is_in_recovery(), pg_last_wal_receive_lsn(), "
    "CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn() END";

std::string setting_of_path(const std::string& schema) {
  if (schema.empty()) return {};
  return ", set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), "
         "quote_ident(" +
         quote_literal(schema) + ")), true)";
}

}  // namespace

void wait_until_replayed(ChunkConnection& server, Lsn position, std::chrono::milliseconds limit,
                         const std::stop_token& stop) {
  const SteadyTime end = SystemClock().steady() + limit;
  for (;;) {
    const PgResult row = server.connection().query_until(
        stop, "SELECT pg_last_wal_replay_lsn(), pg_is_in_recovery()");
    server.check_still(row.boolean(0, 1));
    const Lsn replayed = row.is_null(0, 0) ? Lsn{} : server.position(row.text(0, 0));
    if (replayed >= position) return;
    if (SystemClock().steady() >= end) {
      throw Error(ErrorKind::transient,
                  "the standby is " +
                      size_text(static_cast<int64_t>(position.value - replayed.value)) +
                      " behind what was streamed: it has replayed " + replayed.text() + " of " +
                      position.text(),
                  server.context().where,
                  "see whether it follows its primary: SELECT status, sender_host FROM "
                  "pg_stat_wal_receiver;");
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

ReadPoint begin_reading(ChunkConnection& server, const ReadOptions& options,
                        const std::stop_token& stop) {
  const PgResult row = server.connection().query_until(
      stop, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = " +
                std::to_string(options.statement_timeout.count()) + "; " + kAlways +
                (options.few_rows ? kFew : kInOrder) + kPoint +
                setting_of_path(options.extra_schema));
  server.check_still(row.boolean(0, 1));
  ReadPoint point;
  point.settled_at = SystemClock().steady();
  if (server.standby()) {
    if (!row.is_null(0, 2)) point.cut = server.position(row.text(0, 2));
    return point;
  }
  point.snapshot = Snapshot::parse(row.text(0, 0));
  if (!point.snapshot) {
    throw Error(ErrorKind::failure, "the server's snapshot is not understood",
                server.context().where);
  }
  point.cut = server.end_of_records(row.text(0, 3));
  // Commits that wait for no flush are written out by the WAL writer, in its third round at most.
  point.settled_at += 3 * server.wal_writer_delay();
  return point;
}

// The catalog's row is the snapshot's, the function knows the present.
void check_not_rewritten(ChunkConnection& server, const std::vector<TableName>& tables,
                         const std::stop_token& stop) {
  std::string names;
  for (const TableName& table : tables) {
    names += (names.empty() ? "" : ", ") +
             quote_literal(quote_qualified(table.schema, table.name)) + "::regclass";
  }
  const PgResult row =
      server.connection().query_until(stop, "SELECT count(*) FROM pg_class WHERE oid IN (" + names +
                                                ") AND relfilenode = pg_relation_filenode(oid)");
  if (row.integer(0, 0) == static_cast<int64_t>(tables.size())) return;
  throw Error(ErrorKind::transient, "the table was rewritten while it was read",
              tables.front().full_name(), "it is read again; nothing needs to be done");
}

void settle(ChunkConnection& server, ReadPoint& point, const std::stop_token& stop) {
  if (!server.standby()) return;
  const PgResult row =
      server.connection().query_until(stop, "SELECT pg_last_wal_replay_lsn(), pg_is_in_recovery()");
  server.check_still(row.boolean(0, 1));
  point.cut = std::max(point.cut, server.position(row.text(0, 0)));
}

}  // namespace waltrack
