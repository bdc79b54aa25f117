#include "postgres/postgres_chunk_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "postgres/backfill_plan.hpp"
#include "postgres/chunk_fault.hpp"
#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

constexpr uint64_t kMostPages = 1 << 16;  // of one statement
constexpr size_t kMostGrowth = 4;         // from one chunk to the next

// For each column of a key: its type without domains, which might refuse a value of before they
// had their condition; its collation; the schema of the type if names from there have to be
// qualified, operators too.
constexpr const char* kKeyColumns = R"(
WITH RECURSIVE line AS (
  SELECT a.attname, a.attcollation, a.atttypid AS type
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT l.attname, l.attcollation, t.typbasetype
    FROM line l JOIN pg_type t ON t.oid = l.type AND t.typtype = 'd')
SELECT l.attname, format_type(t.oid, -1),
       quote_ident(cn.nspname) || '.' || quote_ident(co.collname),
       CASE WHEN NOT pg_type_is_visible(t.oid) THEN tn.nspname END
  FROM line l
  JOIN pg_type t ON t.oid = l.type AND t.typtype <> 'd'
  JOIN pg_namespace tn ON tn.oid = t.typnamespace
  LEFT JOIN pg_collation co ON co.oid = l.attcollation
  LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace)";

// A transaction's lock on itself goes after it has left the snapshots, so whoever ran is in the
// locks, or over in a snapshot that is taken later.
constexpr const char* kNewestXid =
    "SELECT DISTINCT transactionid FROM pg_locks WHERE locktype = 'transactionid' AND granted";
constexpr const char* kRunning =
    "SELECT pg_current_snapshot(), CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
    "ELSE pg_current_wal_insert_lsn() END";
constexpr const char* kFlushed =
    "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
    "ELSE pg_current_wal_flush_lsn() END";

// The one of the 2^32 with these low bits that is nearest to `near`.
uint64_t full_xid(uint32_t xid, uint64_t near) {
  const auto distance = static_cast<int32_t>(xid - static_cast<uint32_t>(near));
  return near + static_cast<uint64_t>(static_cast<int64_t>(distance));
}

RowKey place(uint64_t page) {
  return {"(" + std::to_string(page) + ",0)"};
}

uint64_t page_of(const std::string& place) {
  uint64_t page = 0;
  if (!place.empty()) std::from_chars(place.data() + 1, place.data() + place.size(), page);
  return page;
}

std::vector<KeyColumn> read_key_columns(PgConnection& connection, const BackfillPlan& plan,
                                        std::string& extra_schema, const std::stop_token& stop) {
  std::vector<KeyColumn> key;
  for (const size_t at : plan.key) {
    const Column& column = plan.layout.columns.at(at);
    key.push_back({column.name, "tid", {}, column.type.kind == ValueKind::bytea});
  }
  if (plan.by_place) return key;
  const PgResult rows =
      connection.query_until(stop, kKeyColumns, {plan.table.schema, plan.table.name});
  for (int i = 0; i < rows.rows(); ++i) {
    const auto found = std::ranges::find(key, rows.text(i, 0), &KeyColumn::name);
    if (found == key.end()) continue;
    found->type = rows.string(i, 1);
    found->collation = rows.string(i, 2);
    if (!rows.is_null(i, 3)) extra_schema = rows.string(i, 3);
  }
  return key;
}

}  // namespace

PostgresChunkReader::PostgresChunkReader(SourceSettings settings, uint64_t system_identifier,
                                         ChunkReaderLimits limits)
    : settings_(std::move(settings)),
      system_identifier_(system_identifier),
      limits_(limits),
      url_(settings_.backfill_url.empty() ? settings_.url : settings_.backfill_url),
      catalog_(url_) {}

RunningTransactions PostgresChunkReader::running() {
  try {
    PgConnection& connection = streamed({}).connection();
    const PgResult locks = connection.query(kNewestXid);
    const PgResult row = connection.query(kRunning);
    const std::optional<Snapshot> snapshot = Snapshot::parse(row.text(0, 0));
    if (!snapshot) {
      throw Error(ErrorKind::failure, "the server's snapshot is not understood",
                  connection.context().where);
    }
    RunningTransactions running{snapshot->xmin, snapshot->xmax,
                                streamed_->position(row.text(0, 1))};
    for (int i = 0; i < locks.rows(); ++i) {
      const auto xid = static_cast<uint32_t>(locks.integer(i, 0));
      running.next = std::max(running.next, full_xid(xid, snapshot->xmax) + 1);
    }
    return running;
  } catch (...) {
    streamed_.reset();
    throw;
  }
}

BackfillPlan PostgresChunkReader::plan(const TableName& table,
                                       const std::vector<std::string>& columns) {
  try {
    PgConnection& connection = server({}).connection();
    end_pass({});
    if (!catalog_loaded_) catalog_.load();
    catalog_loaded_ = true;
    return read_backfill_plan(connection, catalog_, table, columns);
  } catch (...) {
    drop();
    throw;
  }
}

Chunk PostgresChunkReader::read(const ChunkRequest& request, const std::stop_token& stop) {
  ChunkConnection& server = this->server(stop);
  try {
    return read_chunk(server, request, stop);
  } catch (const PgError& error) {
    drop();
    throw chunk_fault(error, request, limits_.statement_timeout);
  } catch (...) {
    drop();
    throw;
  }
}

Lsn PostgresChunkReader::flushed() {
  try {
    ChunkConnection& server = this->server({});
    const PgResult row = server.connection().query(kFlushed);
    return server.position(row.text(0, 0));
  } catch (...) {
    drop();
    throw;
  }
}

ChunkConnection& PostgresChunkReader::server(const std::stop_token& stop) {
  if (server_) return *server_;
  const char* setting = settings_.backfill_url.empty() ? "source.url" : "source.backfill_url";
  auto server = std::make_unique<ChunkConnection>(url_, setting, system_identifier_, stop);
  check_source(*server, stop);
  server_ = std::move(server);
  return *server_;
}

ChunkConnection& PostgresChunkReader::streamed(const std::stop_token& stop) {
  if (!streamed_) {
    streamed_ =
        std::make_unique<ChunkConnection>(settings_.url, "source.url", system_identifier_, stop);
  }
  return *streamed_;
}

// A replica that was promoted by mistake has the same system identifier, and transactions of its
// own under the numbers of others.
void PostgresChunkReader::check_source(ChunkConnection& server, const std::stop_token& stop) const {
  if (settings_.backfill_url.empty()) return;
  ChunkConnection source(settings_.url, "source.url", system_identifier_, stop);
  if (source.connection().database() != server.connection().database()) {
    throw Error(ErrorKind::failure,
                "source.backfill_url leads to database " + server.connection().database() +
                    ", source.url to " + source.connection().database(),
                server.context().where, "name the same database in both");
  }
  if (server.standby() || source.standby() || source.timeline() == server.timeline()) return;
  throw Error(ErrorKind::transient,
              "the server of source.backfill_url is no replica any more: it was promoted",
              server.context().where,
              "name a replica of the server in source.url, or leave source.backfill_url out");
}

PostgresChunkReader::Prepared& PostgresChunkReader::prepared(ChunkConnection& server,
                                                             const ChunkRequest& request,
                                                             const std::stop_token& stop) {
  if (prepared_ && prepared_->plan == request.plan) return *prepared_;
  end_pass(stop);
  std::string extra_schema;
  std::vector<KeyColumn> key =
      read_key_columns(server.connection(), *request.plan, extra_schema, stop);
  std::vector<bool> bytea_keys;
  for (const KeyColumn& column : key)
    bytea_keys.push_back(column.bytea);
  prepared_.emplace(Prepared{request.plan, ChunkQuery(request.plan, std::move(key)),
                             CopyRow(request.plan->layout), std::move(extra_schema), 0,
                             std::move(bytea_keys)});
  return *prepared_;
}

void PostgresChunkReader::drop() {
  server_.reset();
  pass_.reset();
}

void PostgresChunkReader::end_pass(const std::stop_token& stop) {
  if (pass_ && server_) server_->connection().query_until(stop, "ROLLBACK");
  pass_.reset();
}

Chunk PostgresChunkReader::read_chunk(ChunkConnection& server, const ChunkRequest& request,
                                      const std::stop_token& stop) {
  Prepared& prepared = this->prepared(server, request, stop);
  if (request.keys.empty() && request.plan->by_place) {
    return read_places(server, prepared, request, stop);
  }
  end_pass(stop);
  return request.keys.empty() ? read_range(server, prepared, request, stop)
                              : read_keys(server, prepared, request, stop);
}

ReadPoint PostgresChunkReader::begin(ChunkConnection& server, const Prepared& prepared,
                                     const ChunkRequest& request,
                                     const std::stop_token& stop) const {
  if (server.standby()) {
    wait_until_replayed(server, request.opened_at, limits_.replay_timeout, stop);
  }
  return begin_reading(
      server, {limits_.statement_timeout, !request.keys.empty(), prepared.extra_schema}, stop);
}

void PostgresChunkReader::finish(ChunkConnection& server, ReadPoint point, Chunk& chunk,
                                 const std::stop_token& stop) const {
  server.connection().query_until(stop, "ROLLBACK");
  settle(server, point, stop);
  chunk.snapshot = std::move(point.snapshot);
  chunk.cut = point.cut;
  chunk.settled_at = point.settled_at;
}

Chunk PostgresChunkReader::read_range(ChunkConnection& server, Prepared& prepared,
                                      const ChunkRequest& request,
                                      const std::stop_token& stop) const {
  Chunk chunk;
  ReadPoint point = begin(server, prepared, request, stop);
  chunk.last = request.last
                   ? request.last
                   : found_key(server, prepared, prepared.query.greatest(request.leaf), stop);
  if (!chunk.last) {
    chunk.end_of_leaf = true;
    finish(server, std::move(point), chunk, stop);
    return chunk;
  }
  ChunkQuery::Range range{request.leaf, request.after, chunk.last};
  std::optional<RowKey> bound;  // behind which more may come; none: the last one
  if (!request.where.empty()) {
    const std::string sql =
        prepared.query.nth(range, std::max(limits_.rows_looked_at, request.most_rows));
    bound = found_key(server, prepared, sql, stop);
    if (bound) range.last = bound;
  }
  // No more rows than will do, so that the statement seldom has to be cancelled.
  size_t limit = std::max<size_t>(1, request.most_rows);
  if (prepared.bytes_per_row != 0 && request.most_bytes != 0) {
    limit = std::min(limit, request.most_bytes / prepared.bytes_per_row + 1);
  }
  CopiedRows rows = server.connection().copy_out(prepared.query.rows(range, request.where, limit),
                                                 request.most_bytes, stop);
  chunk.text = std::move(rows.text);
  chunk.ends = std::move(rows.ends);
  const bool all = rows.whole && chunk.ends.size() < limit;
  chunk.end_of_leaf = all && !bound;
  if (all && bound) {
    chunk.through = bound;
  } else if (!chunk.ends.empty()) {
    chunk.through = last_key(prepared, chunk);
  }
  if (!chunk.ends.empty()) prepared.bytes_per_row = chunk.text.size() / chunk.ends.size();
  finish(server, std::move(point), chunk, stop);
  return chunk;
}

Chunk PostgresChunkReader::read_keys(ChunkConnection& server, Prepared& prepared,
                                     const ChunkRequest& request,
                                     const std::stop_token& stop) const {
  Chunk chunk;
  ReadPoint point = begin(server, prepared, request, stop);
  CopiedRows rows =
      server.connection().copy_out(prepared.query.rows_of(request.keys, request.where), 0, stop);
  chunk.text = std::move(rows.text);
  chunk.ends = std::move(rows.ends);
  chunk.last = request.last;
  chunk.end_of_leaf = true;
  finish(server, std::move(point), chunk, stop);
  return chunk;
}

void PostgresChunkReader::begin_pass(ChunkConnection& server, const Prepared& prepared,
                                     const ChunkRequest& request, const std::stop_token& stop) {
  end_pass(stop);
  Pass pass;
  pass.leaf = request.leaf;
  pass.point = begin(server, prepared, request, stop);
  const PgResult size =
      server.connection().query_until(stop, "SELECT pg_relation_size($1::regclass)",
                                      {quote_qualified(request.leaf.schema, request.leaf.name)});
  pass.end = static_cast<uint64_t>(size.integer(0, 0)) / server.page_size();
  pass_ = std::move(pass);
}

Chunk PostgresChunkReader::read_places(ChunkConnection& server, Prepared& prepared,
                                       const ChunkRequest& request, const std::stop_token& stop) {
  if (!request.after) {
    begin_pass(server, prepared, request, stop);
  } else if (!pass_ || pass_->leaf != request.leaf) {
    throw Error(ErrorKind::transient, "the snapshot is gone; the pass begins anew",
                request.leaf.full_name());
  }
  Pass& pass = *pass_;
  Chunk chunk;
  if (pass.end > 0) chunk.last = place(pass.end);
  const std::string after = request.after ? request.after->text : place(0).text;
  const uint64_t end = std::min(pass.end, page_of(after) + pass.pages);
  // A cancelled statement takes only what is behind the savepoint with it.
  server.connection().query_until(stop, "SAVEPOINT chunk");
  CopiedRows rows = server.connection().copy_out(
      prepared.query.rows_at(request.leaf, after, place(end).text, request.where),
      request.most_bytes, stop);
  server.connection().query_until(stop, "ROLLBACK TO SAVEPOINT chunk; RELEASE SAVEPOINT chunk");
  if (!std::exchange(pass.settled, true)) settle(server, pass.point, stop);
  chunk.text = std::move(rows.text);
  chunk.ends = std::move(rows.ends);
  chunk.end_of_leaf = rows.whole && end == pass.end;
  if (chunk.last) chunk.through = rows.whole ? place(end) : last_key(prepared, chunk);
  chunk.snapshot = pass.point.snapshot;
  chunk.cut = pass.point.cut;
  chunk.settled_at = pass.point.settled_at;
  const size_t by_rows =
      std::max<size_t>(1, request.most_rows) * pass.pages / std::max<size_t>(1, chunk.ends.size());
  const size_t by_bytes = request.most_bytes == 0 ? by_rows
                                                  : request.most_bytes * pass.pages /
                                                        std::max<size_t>(1, chunk.text.size());
  pass.pages =
      std::clamp<uint64_t>(std::min({by_rows, by_bytes, pass.pages * kMostGrowth}), 1, kMostPages);
  if (chunk.end_of_leaf) end_pass(stop);
  return chunk;
}

std::optional<RowKey> PostgresChunkReader::found_key(ChunkConnection& server,
                                                     const Prepared& prepared,
                                                     const std::string& sql,
                                                     const std::stop_token& stop) const {
  const PgResult row = server.connection().query_until(stop, sql);
  if (row.rows() == 0) return std::nullopt;
  RowKey key;
  for (size_t i = 0; i < prepared.bytea_keys.size(); ++i) {
    std::string_view text = row.text(0, static_cast<int>(i));
    if (prepared.bytea_keys[i]) text.remove_prefix(std::min<size_t>(2, text.size()));  // the \x
    key.append(text, i == 0);
  }
  return key;
}

RowKey PostgresChunkReader::last_key(const Prepared& prepared, const Chunk& chunk) const {
  const size_t begin = chunk.ends.size() < 2 ? 0 : chunk.ends[chunk.ends.size() - 2];
  std::string line = chunk.text.substr(begin);
  std::vector<Value> row;
  if (!prepared.line.read(line, row)) {
    throw Error(ErrorKind::failure, "the server sent a row that is not understood",
                prepared.plan->table.full_name());
  }
  RowKey key;
  for (size_t i = 0; i < prepared.plan->key.size(); ++i)
    key.append(row[prepared.plan->key[i]].text, i == 0);
  return key;
}

}  // namespace waltrack
