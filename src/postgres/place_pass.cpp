#include "postgres/place_pass.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

constexpr uint64_t kMostPages = 1 << 16;  // of one statement
constexpr uint64_t kMostGrowth = 4;       // from one chunk to the next

RowKey place(uint64_t page) {
  return {"(" + std::to_string(page) + ",0)"};
}

uint64_t page_of(const std::string& place) {
  uint64_t page = 0;
  if (!place.empty()) std::from_chars(place.data() + 1, place.data() + place.size(), page);
  return page;
}

}  // namespace

PlacePass::PlacePass(ChunkConnection& server, TableName leaf, ReadPoint point,
                     const std::stop_token& stop)
    : leaf_(std::move(leaf)), point_(std::move(point)) {
  const PgResult size = server.connection().query_until(
      stop, "SELECT pg_relation_size($1::regclass)", {quote_qualified(leaf_.schema, leaf_.name)});
  end_ = static_cast<uint64_t>(size.integer(0, 0)) / server.page_size();
}

Chunk PlacePass::read(ChunkConnection& server, const ChunkQuery& query, const ChunkRequest& request,
                      const std::stop_token& stop) {
  Chunk chunk;
  if (end_ > 0) chunk.last = place(end_);
  const RowKey after = request.after.value_or(place(0));
  const uint64_t end = std::min(end_, page_of(after.text) + pages_);
  // A cancelled statement takes only what is behind the savepoint with it.
  server.connection().query_until(stop, "SAVEPOINT chunk");
  CopiedRows rows = server.connection().copy_out(
      query.rows_at(leaf_, after.text, place(end).text, request.where), request.most_bytes, stop);
  server.connection().query_until(stop, "ROLLBACK TO SAVEPOINT chunk; RELEASE SAVEPOINT chunk");
  if (!std::exchange(settled_, true)) settle(server, point_, stop);
  chunk.text = std::move(rows.text);
  chunk.ends = std::move(rows.ends);
  chunk.end_of_leaf = rows.whole && end == end_;
  if (chunk.last) chunk.through = rows.whole ? place(end) : query.last_key(chunk);
  chunk.snapshot = point_.snapshot;
  chunk.cut = point_.cut;
  chunk.settled_at = point_.settled_at;
  adapt(request, chunk);
  return chunk;
}

// As many pages as would have given what was asked for.
void PlacePass::adapt(const ChunkRequest& request, const Chunk& chunk) {
  const auto fitting = [this](size_t wanted, size_t got) {
    return wanted * pages_ / std::max<size_t>(1, got);
  };
  uint64_t pages = std::min(pages_ * kMostGrowth,
                            fitting(std::max<size_t>(1, request.most_rows), chunk.ends.size()));
  if (request.most_bytes != 0) {
    pages = std::min(pages, fitting(request.most_bytes, chunk.text.size()));
  }
  pages_ = std::clamp<uint64_t>(pages, 1, kMostPages);
}

}  // namespace waltrack
