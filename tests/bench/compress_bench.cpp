// What an event costs in the envelope and its gzip, in batches as large as they get. The bytes are
// those before; "ratio" says how many of them there are to one after.

#include <benchmark/benchmark.h>
#include <string>
#include <vector>

#include "bench/kept_rows.hpp"
#include "bench/lane_path.hpp"
#include "bench/row_figures.hpp"
#include "bench/shop_mapper.hpp"
#include "segment/batch_text.hpp"

namespace waltrack {
namespace {

constexpr int64_t kSentAtUs = 1'795'437'453'098'093;

void compress_batches(benchmark::State& state) {
  ShopStream stream(Plugin::pgoutput, ShopRows::inserts, 16);
  const KeptRows rows(stream);
  const std::unique_ptr<Mapper> mapper = shop_mapper();
  LanePath path;
  for (const KeptRows::Row& row : rows.all()) {
    path.outbox().set_row(row.transaction, row.change);
    mapper->map(row.transaction, row.change, path.outbox());
  }
  path.outbox().flush();
  std::vector<std::string> batches;
  const size_t events =
      path.deliver([&](const EventBatch& batch) { batches.push_back(batch.text); });

  BatchText text;
  std::string body;
  size_t before = 0;
  size_t after = 0;
  for (const std::string& batch : batches) {
    text.encode(batch, kSentAtUs, body);
    before += batch.size();
    after += body.size();
  }
  RowFigures figures(state);
  for (auto _ : state) {
    for (const std::string& batch : batches) {
      text.encode(batch, kSentAtUs, body);
      benchmark::DoNotOptimize(body.data());
    }
  }
  figures.tell(events, before);
  state.counters["batches"] = static_cast<double>(batches.size());
  state.counters["ratio"] = static_cast<double>(before) / static_cast<double>(after);
}

BENCHMARK(compress_batches);

}  // namespace
}  // namespace waltrack
