#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/run_figures.hpp"
#include "model/spool.hpp"
#include "pipeline/dead_letter_queue.hpp"
#include "pipeline/event_fates.hpp"
#include "pipeline/inflight_ledger.hpp"
#include "pipeline/lane_batches.hpp"
#include "pipeline/lane_queues.hpp"
#include "pipeline/lane_work.hpp"
#include "pipeline/rule_counts.hpp"
#include "pipeline/user_lanes.hpp"

namespace waltrack {

struct SpoolSettings {
  SpoolStore* store = nullptr;  // outlives the run; belongs to the delivery thread while it lives
  size_t read_ahead_bytes = size_t{4} << 20;  // of what comes back, in memory
  std::chrono::seconds after{30};             // so long the receiver has to be away
};

// Lets events wait on the disk while the receiver is away, so that the server's log need not pile
// up. While it is in use, which it is from the start when the spool is not empty, all that capture
// brings goes through it, in the order of the stream; what is synced there counts as finished in
// the ledger. Delivery takes from outgoing() then and tells this object the fates. When there is no
// room events wait in memory, and capture stops as ever. Belongs to the delivery thread, but for
// what is said.
class Spooler final : public EventFates {
 public:
  Spooler(SpoolSettings settings, LaneQueues& incoming, InflightLedger& ledger,
          DeadLetterQueue& dead_letters, BatchLimits limits, const Clock& clock);

  // Who counts what is accepted, by rule. Before anything else.
  void count_into(RuleCounts& counts) { counts_ = &counts; }

  std::chrono::seconds after() const { return settings_.after; }
  bool in_use() const { return in_use_; }
  LaneQueues& outgoing() { return outgoing_; }

  // Begins to be in use. `work` is what delivery had taken from the incoming queues and not
  // finished; nothing of it may be in flight.
  void begin(std::vector<LaneWork::Piece> work);

  // Moves on what can be moved. True when events finished. Throws an Error when the spool cannot be
  // written or read, unless it is for want of space.
  bool work();

  // All that was spooled has its fate, and nothing is left to be: then delivery may go back to the
  // incoming queues, and it is in use no more.
  [[nodiscard]] bool end();

  // When work() has something to do although nothing happens, at the latest.
  std::chrono::milliseconds patience() const;

  // EventFates, by the spool's numbers
  void accepted(std::span<const uint64_t> numbers) override;
  void refused(uint64_t number, std::string payload, const Refusal& why) override;

  // Any thread. What waits in memory, and in the spool.
  size_t memory_bytes() const { return pending_bytes_ + outgoing_.bytes() + loaded_bytes_; }
  std::vector<size_t> lane_bytes() const { return outgoing_.lane_bytes(); }
  SpoolFigure figure() const { return {events_, bytes_, most_bytes_, full_}; }

 private:
  struct Pending {
    uint64_t sequence = 0;
    std::string text;
  };
  struct Loaded {
    uint64_t number = 0;
    EventUsers users;
    EventPosition position;
    int64_t commit_time_us = 0;
    std::string op;
    size_t letter_bytes = 0;  // while it is a dead letter that is not stored
    bool done = false;

    // What it takes in memory.
    size_t bytes() const { return sizeof *this + position.table.size() + position.rule.size(); }
  };

  void take_in(const EventBatch& batch);
  void take_in_all();
  bool store_pending();
  size_t append_some();
  SpooledEvent spooled(const Pending& event) const;
  bool settle_stored_letters();
  void load();
  void load(ReadEvent read);
  Loaded& loaded(uint64_t number);
  void finish(Loaded& event);
  bool release();
  void tell_full(const std::string& reason);
  void note_figures();

  const SpoolSettings settings_;
  SpoolStore& store_;
  LaneQueues& incoming_;
  InflightLedger& ledger_;
  DeadLetterQueue& dead_letters_;
  const Clock& clock_;
  const uint64_t most_bytes_;
  RuleCounts* counts_ = nullptr;  // may be none
  LaneQueues outgoing_;
  LaneBatches batches_;
  UserLanes user_lanes_;  // of those that are loaded

  bool in_use_ = false;
  std::deque<Pending> pending_;         // in the order of the stream
  std::deque<Loaded> loaded_;           // by number; the first has no fate yet
  size_t letter_bytes_ = 0;             // of all of them
  std::deque<ReadEvent> read_;          // next to be loaded
  std::optional<SteadyTime> retry_at_;  // there was no space
  SteadyTime told_at_;

  std::atomic<size_t> pending_bytes_ = 0;
  std::atomic<size_t> loaded_bytes_ = 0;  // without letters, which wait elsewhere
  std::atomic<uint64_t> events_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
  std::atomic<bool> full_ = false;
};

}  // namespace waltrack
