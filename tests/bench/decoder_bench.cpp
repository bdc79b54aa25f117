// What a row costs in each decoder: small rows of two tables, as a shop would write them, 1,000 to
// a transaction. "allocations" counts those of the steady state, per row; it must be 0.

#include <benchmark/benchmark.h>
#include <string>
#include <vector>

#include "postgres/fake_catalog.hpp"
#include "postgres/pgoutput_decoder.hpp"
#include "postgres/pgoutput_message.hpp"
#include "postgres/wal2json_decoder.hpp"
#include "support/allocation_count.hpp"

namespace waltrack {
namespace {

constexpr size_t kRows = 1000;  // of a transaction

std::string wal2json_row(size_t i) {
  const std::string id = std::to_string(i);
  const std::string head = R"({"action":"I","xid":750,"timestamp":"2026-11-23 14:38:32.421002+00",)"
                           R"("lsn":"0/197E958","schema":"public","table":)";
  if (i % 2 == 0) {
    return head + R"("users","columns":[{"name":"id","typeoid":20,"value":)" + id +
           R"(},{"name":"email","typeoid":25,"value":"user)" + id +
           R"(@example.com"},{"name":"plan","typeoid":25,"value":"pro"},)"
           R"({"name":"active","typeoid":16,"value":true},)"
           R"({"name":"created_at","typeoid":1184,"value":"2026-11-23 14:38:32.4+00"}]})";
  }
  return head + R"("orders","columns":[{"name":"id","typeoid":20,"value":)" + id +
         R"(},{"name":"user_id","typeoid":20,"value":)" + id +
         R"(},{"name":"status","typeoid":25,"value":"paid"},)"
         R"({"name":"total","typeoid":1700,"value":19.90},)"
         R"({"name":"note","typeoid":25,"value":null}]})";
}

std::vector<std::string> wal2json_transaction() {
  const std::string rest =
      R"("xid":750,"timestamp":"2026-11-23 14:38:32.421002+00","lsn":"0/197EBE8","nextlsn":"0/197EC18"})";
  std::vector<std::string> messages{R"({"action":"B",)" + rest};
  for (size_t i = 0; i < kRows; ++i)
    messages.push_back(wal2json_row(i));
  messages.push_back(R"({"action":"C",)" + rest);
  return messages;
}

std::string pgoutput_relation(uint32_t oid, const char* name,
                              const std::vector<std::pair<const char*, uint32_t>>& columns) {
  PgoutputMessage message('R');
  std::move(message).u32(oid).name("public").name(name).letter('d').u16(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    std::move(message)
        .u8(i == 0 ? 1 : 0)
        .name(columns[i].first)
        .u32(columns[i].second)
        .u32(0xffffffff);
  }
  return message;
}

std::string pgoutput_row(size_t i) {
  const std::string id = "t" + std::to_string(i);
  if (i % 2 == 0) {
    const std::string email = "tuser" + std::to_string(i) + "@example.com";
    return PgoutputMessage('I').u32(1).letter('N').tuple(
        {id, email, "tpro", "tt", "t2026-11-23 14:38:32.4+00"});
  }
  return PgoutputMessage('I').u32(2).letter('N').tuple({id, id, "tpaid", "t19.90", "n"});
}

std::vector<std::string> pgoutput_transaction() {
  std::vector<std::string> messages{PgoutputMessage::begin(0x197EBE8, 0, 750)};
  for (size_t i = 0; i < kRows; ++i)
    messages.push_back(pgoutput_row(i));
  messages.push_back(PgoutputMessage::commit(0x197EBE8, 0x197EC18));
  return messages;
}

size_t decode(Decoder& decoder, const std::vector<std::string>& messages) {
  size_t values = 0;
  StreamItem item;
  for (const std::string& message : messages) {
    decoder.feed(message, Lsn{0x197E958});
    while (decoder.next(item))
      values += item.change.new_row.size();
  }
  return values;
}

void measure(benchmark::State& state, Decoder& decoder, const std::vector<std::string>& messages) {
  decode(decoder, messages);
  size_t bytes = 0;
  for (const std::string& message : messages)
    bytes += message.size();
  const size_t before = allocation_count();
  for (auto _ : state)
    benchmark::DoNotOptimize(decode(decoder, messages));
  const size_t after = allocation_count();
  const auto rows = static_cast<int64_t>(state.iterations() * kRows);
  state.SetItemsProcessed(rows);
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes));
  state.counters["allocations"] = static_cast<double>(after - before) / static_cast<double>(rows);
}

void wal2json_rows(benchmark::State& state) {
  FakeCatalog catalog;
  Wal2jsonDecoder decoder(catalog);
  measure(state, decoder, wal2json_transaction());
}
BENCHMARK(wal2json_rows);

void pgoutput_rows(benchmark::State& state) {
  FakeCatalog catalog;
  PgoutputDecoder decoder(catalog);
  decode(decoder,
         {pgoutput_relation(
              1, "users",
              {{"id", 20}, {"email", 25}, {"plan", 25}, {"active", 16}, {"created_at", 1184}}),
          pgoutput_relation(
              2, "orders",
              {{"id", 20}, {"user_id", 20}, {"status", 25}, {"total", 1700}, {"note", 25}})});
  measure(state, decoder, pgoutput_transaction());
}
BENCHMARK(pgoutput_rows);

}  // namespace
}  // namespace waltrack
