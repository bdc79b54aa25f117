#include "chunk_reading.hpp"

#include <stdexcept>
#include <utility>

#include "model/copy_row.hpp"

namespace waltrack {

uint64_t system_identifier(const PostgresServer& server) {
  return std::stoull(server.value("SELECT system_identifier FROM pg_control_system()"));
}

PostgresChunkReader chunk_reader(const PostgresServer& server, const PostgresServer* replica,
                                 ChunkReaderLimits limits) {
  SourceSettings settings;
  settings.url = server.conninfo();
  if (replica != nullptr) settings.backfill_url = replica->conninfo();
  return {settings, system_identifier(server), limits};
}

std::shared_ptr<const BackfillPlan> plan_of(PostgresChunkReader& reader, const std::string& table,
                                            const std::vector<std::string>& columns) {
  return std::make_shared<const BackfillPlan>(reader.plan({"public", table}, columns));
}

ChunkRequest first_chunk(std::shared_ptr<const BackfillPlan> plan, size_t rows) {
  ChunkRequest request;
  if (!plan->leaves.empty()) request.leaf = plan->leaves.front();
  request.plan = std::move(plan);
  request.most_rows = rows;
  request.most_bytes = size_t{4} << 20;
  return request;
}

RowKey key_of(std::initializer_list<std::string_view> parts) {
  RowKey key;
  for (const std::string_view& part : parts)
    key.append(part, &part == parts.begin());
  return key;
}

std::vector<std::string> rows_of(const BackfillPlan& plan, Chunk chunk) {
  const CopyRow reader(plan.layout);
  std::vector<std::string> rows;
  std::vector<Value> values;
  size_t begin = 0;
  for (const size_t end : chunk.ends) {
    if (!reader.read({chunk.text.data() + begin, end - begin}, values)) {
      throw std::runtime_error("malformed: " + chunk.text.substr(begin, end - begin));
    }
    std::string& row = rows.emplace_back();
    for (const Value& value : values) {
      if (&value != values.data()) row += "|";
      row += value.is_null() ? "<null>" : std::string(value.text);
    }
    begin = end;
  }
  return rows;
}

std::vector<std::string> read_all(PostgresChunkReader& reader,
                                  std::shared_ptr<const BackfillPlan> plan, size_t rows,
                                  const std::string& where) {
  std::vector<std::string> all;
  for (const TableName& leaf : plan->leaves) {
    ChunkRequest request = first_chunk(plan, rows);
    request.leaf = leaf;
    request.where = where;
    for (int chunks = 0;; ++chunks) {
      if (chunks > 10'000) throw std::runtime_error("it does not end");
      const Chunk chunk = reader.read(request, {});
      const std::vector<std::string> more = rows_of(*plan, chunk);
      all.insert(all.end(), more.begin(), more.end());
      if (chunk.end_of_leaf) break;
      request.last = chunk.last;
      request.after = chunk.through;
    }
  }
  return all;
}

std::optional<Error> read_fault(PostgresChunkReader& reader, const ChunkRequest& request,
                                const std::stop_token& stop) {
  try {
    reader.read(request, stop);
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

}  // namespace waltrack
