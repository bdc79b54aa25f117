#include "postgres/postgres_chunk_reader.hpp"

#include <algorithm>
#include <utility>

#include "postgres/backfill_plan.hpp"
#include "postgres/chunk_fault.hpp"
#include "postgres/running_transactions.hpp"

namespace waltrack {
namespace {

constexpr const char* kFlushed =
    "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
    "ELSE pg_current_wal_flush_lsn() END";

}  // namespace

PostgresChunkReader::PostgresChunkReader(SourceSettings settings, uint64_t system_identifier,
                                         ChunkReaderLimits limits)
    : settings_(std::move(settings)),
      system_identifier_(system_identifier),
      limits_(limits),
      url_(settings_.backfill_url.empty() ? settings_.url : settings_.backfill_url),
      catalog_(settings_.url) {}

RunningTransactions PostgresChunkReader::running() {
  try {
    return read_running_transactions(streamed({}));
  } catch (const PgError& error) {
    streamed_.reset();
    throw catalog_fault(error);
  } catch (...) {
    streamed_.reset();
    throw;
  }
}

BackfillPlan PostgresChunkReader::plan(const TableName& table,
                                       const std::vector<std::string>& columns) {
  try {
    PgConnection& connection = streamed({}).connection();
    if (!catalog_loaded_) catalog_.load();
    catalog_loaded_ = true;
    return read_backfill_plan(connection, catalog_, table, columns);
  } catch (const PgError& error) {
    streamed_.reset();
    catalog_loaded_ = false;
    throw catalog_fault(error);
  } catch (...) {
    streamed_.reset();
    catalog_loaded_ = false;
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

void PostgresChunkReader::release() {
  try {
    end_pass({});
  } catch (const Error&) {
    drop();  // and the snapshot with it
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
    // The stream waits for what is asked here.
    streamed_->connection().query("SET statement_timeout = '10s'");
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

void PostgresChunkReader::prepare(ChunkConnection& server, const ChunkRequest& request,
                                  const std::stop_token& stop) {
  if (prepared_ && prepared_->plan == request.plan) return;
  end_pass(stop);
  KeyColumns key = read_key_columns(server.connection(), *request.plan, stop);
  prepared_.emplace(Prepared{request.plan,
                             ChunkQuery(request.plan, std::move(key.columns)),
                             std::move(key.extra_schema),
                             0,
                             {}});
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
  prepare(server, request, stop);
  if (request.plan->by_place && request.keys.empty()) return read_places(server, request, stop);
  end_pass(stop);
  ReadPoint point = begin(server, request, stop);
  Chunk chunk =
      request.keys.empty() ? read_range(server, request, stop) : read_keys(server, request, stop);
  server.connection().query_until(stop, "ROLLBACK");
  settle(server, point, stop);
  chunk.snapshot = std::move(point.snapshot);
  chunk.cut = point.cut;
  chunk.settled_at = point.settled_at;
  return chunk;
}

ReadPoint PostgresChunkReader::begin(ChunkConnection& server, const ChunkRequest& request,
                                     const std::stop_token& stop) const {
  if (server.standby()) {
    wait_until_replayed(server, request.opened_at, limits_.replay_timeout, stop);
  }
  return begin_reading(
      server, {limits_.statement_timeout, !request.keys.empty(), prepared_->extra_schema}, stop);
}

Chunk PostgresChunkReader::read_range(ChunkConnection& server, const ChunkRequest& request,
                                      const std::stop_token& stop) {
  const ChunkQuery& query = prepared_->query;
  Chunk chunk;
  chunk.last = request.last;
  if (!chunk.last) {
    chunk.last =
        query.found_key(server.connection().query_until(stop, query.greatest(request.leaf)));
  }
  if (!chunk.last) {
    check_not_rewritten(server, {request.leaf}, stop);
    chunk.end_of_leaf = true;
    return chunk;
  }
  ChunkQuery::Range range{request.leaf, request.after, chunk.last};
  const std::optional<RowKey> bound = bound_of(server, range, request, stop);
  if (bound) range.last = bound;
  // No more rows than will do, so that the statement seldom has to be cancelled.
  size_t limit = std::max<size_t>(1, request.most_rows);
  if (prepared_->bytes_per_row != 0 && request.most_bytes != 0) {
    limit = std::min(limit, request.most_bytes / prepared_->bytes_per_row + 1);
  }
  CopiedRows rows = server.connection().copy_out(query.rows(range, request.where, limit),
                                                 request.most_bytes, stop);
  // Where it was cancelled there were rows, so it was not.
  if (rows.whole) check_not_rewritten(server, {request.leaf}, stop);
  chunk.text = std::move(rows.text);
  chunk.ends = std::move(rows.ends);
  const bool all = rows.whole && chunk.ends.size() < limit;
  chunk.end_of_leaf = all && !bound;
  if (!chunk.ends.empty()) {
    prepared_->bytes_per_row = chunk.text.size() / chunk.ends.size();
    chunk.through = query.last_key(chunk);
  }
  if (all && bound) {
    chunk.through = bound;
  } else {
    prepared_->looked = Looked{request.leaf, chunk.last, chunk.through, bound};
  }
  return chunk;
}

// With a condition of which few rows come a statement could go through all of a big table, and
// never end within its time.
std::optional<RowKey> PostgresChunkReader::bound_of(ChunkConnection& server,
                                                    const ChunkQuery::Range& range,
                                                    const ChunkRequest& request,
                                                    const std::stop_token& stop) {
  if (request.where.empty()) return std::nullopt;
  const std::optional<Looked> looked = std::exchange(prepared_->looked, std::nullopt);
  if (looked && looked->bound && looked->leaf == range.leaf && looked->last == range.last &&
      looked->after == range.after) {
    return looked->bound;
  }
  const size_t rows = std::max(limits_.rows_looked_at, request.most_rows);
  return prepared_->query.found_key(
      server.connection().query_until(stop, prepared_->query.nth(range, rows)));
}

Chunk PostgresChunkReader::read_keys(ChunkConnection& server, const ChunkRequest& request,
                                     const std::stop_token& stop) {
  Chunk chunk;
  CopiedRows rows =
      server.connection().copy_out(prepared_->query.rows_of(request.keys, request.where), 0, stop);
  check_not_rewritten(server, request.plan->leaves, stop);
  chunk.text = std::move(rows.text);
  chunk.ends = std::move(rows.ends);
  chunk.last = request.last;
  chunk.end_of_leaf = true;
  return chunk;
}

Chunk PostgresChunkReader::read_places(ChunkConnection& server, const ChunkRequest& request,
                                       const std::stop_token& stop) {
  if (!request.after) {
    end_pass(stop);
    pass_.emplace(server, request.leaf, begin(server, request, stop), stop);
  } else if (!pass_ || pass_->leaf() != request.leaf) {
    throw Error(ErrorKind::transient, "the snapshot is gone; the pass begins anew",
                request.leaf.full_name());
  }
  Chunk chunk = pass_->read(server, prepared_->query, request, stop);
  check_not_rewritten(server, {request.leaf}, stop);
  if (chunk.end_of_leaf) end_pass(stop);
  return chunk;
}

}  // namespace waltrack
