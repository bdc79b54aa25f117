#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "pipeline/backfill_weaver.hpp"
#include "pipeline/fakes.hpp"
#include "pipeline/model_server.hpp"

namespace waltrack {

// An event as the receiver has it.
struct ModelEvent {
  std::string id;
  Op op = Op::insert;
  int uid = 0;
  int version = 0;
  int told = 0;
  std::optional<int> blob;  // none: not known to whoever made the event
  std::optional<int> made;  // only chunks have it
};

// Runs of the real weaver, outbox, ledger and lanes against a ModelServer, with crashes,
// reconnects, late readers and a slow receiver, by the dice of one seed.
class ModelRun {
 public:
  struct Options {
    bool text_keys = false;  // whose order only the server knows
    bool standby = false;    // chunks are read from one
    bool generated = false;  // a column that the stream does not bring
    int leaves = 1;
    size_t readers = 2;
  };

  ModelRun(uint32_t seed, Options options);
  ~ModelRun();

  // Returns whether the backfill came to its end.
  bool run();

  // In the order in which they arrived; one that came again under its id is left out.
  std::vector<ModelEvent> events() const;
  const ModelServer& server() const { return server_; }
  size_t marks_left() const { return durable_marks_.size(); }
  int crashes() const { return crashes_; }

 private:
  class Mapper;
  class Jobs;
  struct Process;

  int dice(int sides) { return static_cast<int>(random_() % static_cast<uint32_t>(sides)); }
  void start();
  void crash();
  void reconnect();
  void stream();
  void keepalive();
  void read();
  void answer(const ReadJob& job, ReadResult& result);
  Chunk chunk(const ChunkRequest& request);
  std::shared_ptr<const BackfillPlan> plan() const;
  void deliver(bool all);
  void save();
  std::string key_text(int key) const;
  int key_of(const std::string& text) const;
  Value value(const std::string& text) { return Value::present(text); }

  std::mt19937 random_;
  const Options options_;
  ModelServer server_;
  FakeClock clock_;
  Table stream_table_;
  Lsn replayed_;    // by the standby
  int silent_ = 0;  // turns until a new stream brings something

  // Durable.
  Lsn checkpoint_{1000};
  std::optional<BackfillProgress> durable_;
  KeyMarks durable_marks_;
  std::optional<std::vector<std::string>> tracked_ = std::vector<std::string>();

  std::vector<ModelEvent> received_;
  std::unique_ptr<Process> process_;
  int crashes_ = 0;
};

}  // namespace waltrack
