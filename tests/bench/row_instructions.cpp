// row_instructions PLUGIN ROWS: the hot path of a run over recorded messages, without server and
// receiver and in one thread, so that callgrind counts the same each time: decoder, capture,
// mapper, outbox, lanes, gzip, ledger. PLUGIN is wal2json or pgoutput, ROWS inserts or updates. All
// is done once so that buffers have grown, and once more inside of measured(), where callgrind is
// to count. Prints how many rows that were. See script/instructions.

#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/lane_path.hpp"
#include "bench/shop_mapper.hpp"
#include "bench/shop_stream.hpp"
#include "pipeline/capture.hpp"
#include "segment/batch_text.hpp"

namespace waltrack {
namespace {

// One lane's batch is full at about 1,300 events, so that each lane sends a full one and a rest.
constexpr size_t kTransactions = 16;
constexpr size_t kMemoryBytes = 32 << 20;  // as a run has by default: all of it waits in the lanes
constexpr int64_t kSentAtUs = 1'795'437'453'098'093;

// Hands the messages out as a connection does. Whenever capture would sleep, `idle` is called.
class RecordedSource final : public ChangeSource {
 public:
  explicit RecordedSource(ShopStream& stream)
      : messages_(stream.messages()), decoder_(stream.decoder()) {}

  std::function<void()> idle;

  void open(Lsn) override { at_ = 0; }
  void close() override {}
  bool next(StreamItem& item) override {
    while (!decoder_->next(item)) {
      if (at_ == messages_.size()) return false;
      const ShopMessage& message = messages_[at_++];
      decoder_->feed(message.text, message.lsn);
    }
    return true;
  }
  void wait(int, std::chrono::milliseconds, bool) override { idle(); }
  void report(Lsn, bool) override {}
  void ask_position(Lsn) override {}
  bool follow(const Followed&) override { return false; }
  bool server_is_stopping() override { return false; }

  bool is_over() const { return at_ == messages_.size(); }

 private:
  const std::vector<ShopMessage>& messages_;
  const std::unique_ptr<Decoder> decoder_;
  size_t at_ = 0;
};

// Its name is what callgrind is told.
[[gnu::noinline]] void measured(Capture& capture) {
  capture.run();
}

CaptureHooks hooks(const LanePath& path) {
  return {.confirmed = [&path] { return path.confirmed(); },
          .queued_bytes = [&path] { return path.bytes(); },
          .on_flushed = [] {},
          .hurry = [](bool) {},
          .on_waiting = [](const std::string&) {},
          .on_mappings = [](const MappingSet&) {},
          .on_streaming = [](const StreamOrigin&) {},
          .on_ended = [](const std::string& why) { throw std::runtime_error(why); }};
}

// Reads and delivers the whole stream by `run`. Returns the number of events.
size_t pass(RecordedSource& source, LanePath& path, void (*run)(Capture&)) {
  const SystemClock clock;
  BatchText text;
  std::string body;
  MappingSet mappings;
  mappings.mapper = shop_mapper();
  Capture capture(source, std::move(mappings), path.outbox(), {}, kMemoryBytes, hooks(path), clock);
  size_t events = 0;
  source.idle = [&] {
    events +=
        path.deliver([&](const EventBatch& batch) { text.encode(batch.text, kSentAtUs, body); });
    if (source.is_over()) capture.finish();
  };
  run(capture);
  if (!path.outbox().forget_rules()) throw std::runtime_error("events were left in the lanes");
  return events;
}

void count_rows(Plugin plugin, ShopRows rows) {
  ShopStream stream(plugin, rows, kTransactions);
  RecordedSource source(stream);
  LanePath path;
  pass(source, path, [](Capture& capture) { capture.run(); });
  const size_t events = pass(source, path, measured);
  if (events != stream.rows()) {
    throw std::runtime_error(std::to_string(stream.rows()) + " rows gave " +
                             std::to_string(events) + " events, not one each");
  }
  std::printf("%zu\n", stream.rows());
}

int run(int argc, char** argv) {
  const std::string_view plugin = argc == 3 ? argv[1] : "";
  const std::string_view rows = argc == 3 ? argv[2] : "";
  if ((plugin != "wal2json" && plugin != "pgoutput") || (rows != "inserts" && rows != "updates")) {
    std::fprintf(stderr, "usage: row_instructions wal2json|pgoutput inserts|updates\n");
    return 2;
  }
  try {
    count_rows(plugin == "wal2json" ? Plugin::wal2json : Plugin::pgoutput,
               rows == "inserts" ? ShopRows::inserts : ShopRows::updates);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "row_instructions: %s\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace waltrack

int main(int argc, char** argv) {
  return waltrack::run(argc, argv);
}
