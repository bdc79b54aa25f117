// What a row of the shop costs in each decoder, 1,000 to a transaction. "allocations" must be 0.

#include <benchmark/benchmark.h>

#include "bench/row_figures.hpp"
#include "bench/shop_stream.hpp"

namespace waltrack {
namespace {

size_t decode(Decoder& decoder, const ShopStream& stream) {
  size_t values = 0;
  StreamItem item;
  for (const ShopMessage& message : stream.messages()) {
    decoder.feed(message.text, message.lsn);
    while (decoder.next(item))
      values += item.change.new_row.size();
  }
  return values;
}

void decode_rows(benchmark::State& state, Plugin plugin, ShopRows rows) {
  ShopStream stream(plugin, rows);
  const std::unique_ptr<Decoder> decoder = stream.decoder();
  decode(*decoder, stream);
  RowFigures figures(state);
  for (auto _ : state)
    benchmark::DoNotOptimize(decode(*decoder, stream));
  figures.tell(stream.rows(), stream.bytes());
}

BENCHMARK_CAPTURE(decode_rows, wal2json_inserts, Plugin::wal2json, ShopRows::inserts);
BENCHMARK_CAPTURE(decode_rows, wal2json_updates, Plugin::wal2json, ShopRows::updates);
BENCHMARK_CAPTURE(decode_rows, pgoutput_inserts, Plugin::pgoutput, ShopRows::inserts);
BENCHMARK_CAPTURE(decode_rows, pgoutput_updates, Plugin::pgoutput, ShopRows::updates);

}  // namespace
}  // namespace waltrack
