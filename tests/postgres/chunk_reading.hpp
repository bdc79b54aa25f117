#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/postgres_chunk_reader.hpp"
#include "support/postgres_server.hpp"

namespace waltrack {

// What tests of the chunk reader share.

uint64_t system_identifier(const PostgresServer& server);

// Over the server's own URL; `replica`: rows are read there.
PostgresChunkReader chunk_reader(const PostgresServer& server,
                                 const PostgresServer* replica = nullptr,
                                 ChunkReaderLimits limits = {});

std::shared_ptr<const BackfillPlan> plan_of(PostgresChunkReader& reader, const std::string& table,
                                            const std::vector<std::string>& columns);

// The first chunk of the plan's first leaf, `rows` at most.
ChunkRequest first_chunk(std::shared_ptr<const BackfillPlan> plan, size_t rows);

RowKey key_of(std::initializer_list<std::string_view> parts);

// Each row's values parted by |, null as <null>.
std::vector<std::string> rows_of(const BackfillPlan& plan, Chunk chunk);

// All rows of all leaves in chunks of `rows`; throws when it does not come to an end.
std::vector<std::string> read_all(PostgresChunkReader& reader,
                                  std::shared_ptr<const BackfillPlan> plan, size_t rows,
                                  const std::string& where = "");

// What reading throws.
std::optional<Error> read_fault(PostgresChunkReader& reader, const ChunkRequest& request,
                                const std::stop_token& stop = {});

}  // namespace waltrack
