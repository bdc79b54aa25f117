// What a row costs in the mapper: rows of the shop, and one row through rules of different kinds.
// "allocations" must be 0.

#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/kept_rows.hpp"
#include "bench/row_figures.hpp"
#include "bench/shop_mapper.hpp"
#include "bench/shop_stream.hpp"
#include "mapping/mapper.hpp"
#include "mapping/test_change.hpp"

namespace waltrack {
namespace {

constexpr std::string_view kPlain = R"(
table: users
user_id: id
identify:
  traits:
    email: email
    plan: plan
    seats: seats
    fee: fee
    verified: verified
    created_at: created_at
)";

constexpr std::string_view kExpressions = R"(
table: users
user_id: id
track:
  event: Plan Changed
  when: plan is distinct from 'trial'
  properties:
    email: lower(email)
    total: seats * fee
    upgrade: plan = 'pro'
)";

constexpr std::string_view kModified = R"(
table: users
user_id: id
identify:
  traits:
    email: { $sql: email, $hash: sha256 }
    plan: { $sql: plan, $map: { pro: Professional, $else: Other } }
    name: { $sql: email, $truncate: 10 }
    city: { $sql: city, $null: omit }
)";

constexpr std::string_view kOtherTable = "table: orders\nuser_id: id\nidentify: {}\n";

class BufferSink final : public EventSink {
 public:
  std::string* open(const Rule&, const EventIdentity&) override {
    if (buffer_.size() > 1'000'000) buffer_.clear();
    return &buffer_;
  }
  void close() override {}
  void abandon() override { std::abort(); }
  void reject(const Rule&, std::string_view, std::string_view detail) override {
    std::fprintf(stderr, "%s\n", std::string(detail).c_str());
    std::abort();
  }

 private:
  std::string buffer_;
};

// What the rows are: new ones, or updates of which the whole old row is known, and where the plan
// or only the number of seats (which no identify below but the first mentions) has changed.
enum class Rows { inserts, plan_updates, other_updates };

void map_row(benchmark::State& state, std::string_view yaml, Rows rows = Rows::inserts) {
  Diagnostics diagnostics;
  Table users = users_table(ReplicaIdentity::full);
  Table orders = users;
  orders.name = "orders";
  std::vector<MappingFile> files = {read_mapping_file(yaml, "bench.yaml", diagnostics)};
  const std::vector<Table> catalog = {users, orders};
  auto mapper = compile_mappings(files, catalog, MessageIdentity(7, "shop", "bench"), diagnostics);
  if (!mapper) {
    state.SkipWithError(diagnostics.text().c_str());
    return;
  }
  TestChange change(users, rows == Rows::inserts ? Op::insert : Op::update);
  Values row = {{"id", "123456"},
                {"email", "Ann.Example@example.com"},
                {"plan", "pro"},
                {"seats", "5"},
                {"fee", "12.50"},
                {"verified", "t"},
                {"created_at", "2026-11-23 12:37:33.098093+00"}};
  change.now(row);
  if (rows == Rows::plan_updates) row["plan"] = "free";
  if (rows == Rows::other_updates) row["role"] = "admin";
  if (rows != Rows::inserts) change.before(row);
  BufferSink sink;
  for (int i = 0; i < 10'000; ++i)
    mapper->map(change.transaction(), change.change(), sink);
  RowFigures figures(state);
  for (auto _ : state)
    mapper->map(change.transaction(), change.change(), sink);
  figures.tell(1);
}

void map_all(Mapper& mapper, const KeptRows& rows, EventSink& sink) {
  for (const KeptRows::Row& row : rows.all())
    mapper.map(row.transaction, row.change, sink);
}

void map_rows(benchmark::State& state, ShopRows rows) {
  ShopStream stream(Plugin::pgoutput, rows);
  const KeptRows kept(stream);
  const std::unique_ptr<Mapper> mapper = shop_mapper();
  BufferSink sink;
  for (int i = 0; i < 10; ++i)
    map_all(*mapper, kept, sink);
  RowFigures figures(state);
  for (auto _ : state)
    map_all(*mapper, kept, sink);
  figures.tell(kept.all().size());
}

void plain_columns(benchmark::State& state) {
  map_row(state, kPlain);
}
void condition_and_expressions(benchmark::State& state) {
  map_row(state, kExpressions);
}
void modified_values(benchmark::State& state) {
  map_row(state, kModified);
}
void identify_of_a_changed_row(benchmark::State& state) {
  map_row(state, kPlain, Rows::plan_updates);
}
void identify_that_says_the_same(benchmark::State& state) {
  map_row(state, kPlain, Rows::other_updates);
}
void table_without_mapping(benchmark::State& state) {
  map_row(state, kOtherTable);
}

BENCHMARK_CAPTURE(map_rows, inserts, ShopRows::inserts);
BENCHMARK_CAPTURE(map_rows, updates, ShopRows::updates);
BENCHMARK(plain_columns);
BENCHMARK(condition_and_expressions);
BENCHMARK(modified_values);
BENCHMARK(identify_of_a_changed_row);
BENCHMARK(identify_that_says_the_same);
BENCHMARK(table_without_mapping);

}  // namespace
}  // namespace waltrack
