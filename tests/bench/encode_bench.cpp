// What an event costs between mapper and request: its text into the lane of its user, a place in
// the ledger, its batch out of the lane, accepted and passed. "allocations" are those of whole
// batches.

#include <benchmark/benchmark.h>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/kept_rows.hpp"
#include "bench/lane_path.hpp"
#include "bench/row_figures.hpp"
#include "bench/shop_mapper.hpp"

namespace waltrack {
namespace {

// Keeps what the mapper makes of one row after the other, to be told again.
class KeepingSink final : public EventSink {
 public:
  struct Event {
    const KeptRows::Row* row;
    const Rule* rule;
    std::string user;
    std::string text;
  };

  void set_row(const KeptRows::Row& row) { row_ = &row; }

  std::string* open(const Rule& rule, const EventIdentity& who) override {
    return &events.emplace_back(Event{row_, &rule, std::string(who.user), {}}).text;
  }
  void close() override {}
  void abandon() override { std::abort(); }
  void reject(const Rule&, std::string_view, std::string_view) override { std::abort(); }

  std::vector<Event> events;

 private:
  const KeptRows::Row* row_ = nullptr;
};

void encode(const std::vector<KeepingSink::Event>& events, LanePath& path) {
  Outbox& outbox = path.outbox();
  for (const KeepingSink::Event& event : events) {
    outbox.set_row(event.row->transaction, event.row->change);
    outbox.open(*event.rule, {event.user})->append(event.text);
    outbox.close();
    if (outbox.is_full()) outbox.flush();
  }
  outbox.mark(events.back().row->transaction.commit_lsn);
  outbox.flush();
  path.deliver([](const EventBatch& batch) { benchmark::DoNotOptimize(batch.text.data()); });
}

void encode_events(benchmark::State& state) {
  ShopStream stream(Plugin::pgoutput, ShopRows::inserts, 16);
  const KeptRows rows(stream);
  const std::unique_ptr<Mapper> mapper = shop_mapper();
  KeepingSink sink;
  for (const KeptRows::Row& row : rows.all()) {
    sink.set_row(row);
    mapper->map(row.transaction, row.change, sink);
  }
  size_t bytes = 0;
  for (const KeepingSink::Event& event : sink.events)
    bytes += event.text.size();
  LanePath path;
  encode(sink.events, path);
  RowFigures figures(state);
  for (auto _ : state)
    encode(sink.events, path);
  figures.tell(sink.events.size(), bytes);
}

BENCHMARK(encode_events);

}  // namespace
}  // namespace waltrack
