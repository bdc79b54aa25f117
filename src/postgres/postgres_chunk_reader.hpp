#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "model/chunk_reader.hpp"
#include "postgres/catalog.hpp"
#include "postgres/chunk_connection.hpp"
#include "postgres/chunk_query.hpp"
#include "postgres/place_pass.hpp"
#include "postgres/read_point.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

struct ChunkReaderLimits {
  std::chrono::milliseconds statement_timeout = std::chrono::minutes(5);
  std::chrono::milliseconds replay_timeout = std::chrono::seconds(60);  // of a standby
  // With a condition: that one statement looks at, however few of them come.
  size_t rows_looked_at = 100'000;
};

// Reads from the server of backfill_url, or else of url; each connection is made when it is needed
// for the first time. Any other server than the one of `system_identifier` and its replicas is
// refused, and so are another database and a primary on another timeline.
class PostgresChunkReader final : public ChunkReader {
 public:
  PostgresChunkReader(SourceSettings settings, uint64_t system_identifier,
                      ChunkReaderLimits limits = {});
  PostgresChunkReader(const PostgresChunkReader&) = delete;
  PostgresChunkReader& operator=(const PostgresChunkReader&) = delete;

  // On a standby it is a best effort: what runs on its primary shows there late, or not at all.
  RunningTransactions running() override;
  BackfillPlan plan(const TableName& table, const std::vector<std::string>& columns) override;
  Chunk read(const ChunkRequest& request, const std::stop_token& stop) override;
  void release() override;
  Lsn flushed() override;

 private:
  // How far a statement with a condition was to look, and did not get.
  struct Looked {
    TableName leaf;
    std::optional<RowKey> last;
    std::optional<RowKey> after;  // where it ended
    std::optional<RowKey> bound;
  };

  // What is known of the plan that was read last.
  struct Prepared {
    std::shared_ptr<const BackfillPlan> plan;
    ChunkQuery query;
    std::string extra_schema;  // see KeyColumns
    size_t bytes_per_row = 0;  // lately; 0: not known yet
    std::optional<Looked> looked;
  };

  ChunkConnection& server(const std::stop_token& stop);
  ChunkConnection& streamed(const std::stop_token& stop);
  void check_source(ChunkConnection& server, const std::stop_token& stop) const;
  void prepare(ChunkConnection& server, const ChunkRequest& request, const std::stop_token& stop);
  void drop();
  void end_pass(const std::stop_token& stop);

  Chunk read_chunk(ChunkConnection& server, const ChunkRequest& request,
                   const std::stop_token& stop);
  ReadPoint begin(ChunkConnection& server, const ChunkRequest& request,
                  const std::stop_token& stop) const;
  Chunk read_range(ChunkConnection& server, const ChunkRequest& request,
                   const std::stop_token& stop);
  std::optional<RowKey> bound_of(ChunkConnection& server, const ChunkQuery::Range& range,
                                 const ChunkRequest& request, const std::stop_token& stop);
  Chunk read_keys(ChunkConnection& server, const ChunkRequest& request,
                  const std::stop_token& stop);
  Chunk read_places(ChunkConnection& server, const ChunkRequest& request,
                    const std::stop_token& stop);

  const SourceSettings settings_;
  const uint64_t system_identifier_;
  const ChunkReaderLimits limits_;
  const std::string url_;  // where rows are read
  Catalog catalog_;
  bool catalog_loaded_ = false;
  std::unique_ptr<ChunkConnection> server_;
  std::unique_ptr<ChunkConnection> streamed_;
  std::optional<Prepared> prepared_;
  std::optional<PlacePass> pass_;  // a transaction of server_ is open as long as it is there
};

}  // namespace waltrack
