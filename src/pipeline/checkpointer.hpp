#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "model/progress.hpp"
#include "pipeline/backfill_exchange.hpp"
#include "pipeline/dead_letter_cap.hpp"
#include "pipeline/dead_letter_queue.hpp"
#include "pipeline/delivery_condition.hpp"
#include "pipeline/inflight_ledger.hpp"
#include "pipeline/mapping_status.hpp"
#include "pipeline/rule_counts.hpp"
#include "pipeline/source_status.hpp"
#include "pipeline/stage_watch.hpp"

namespace waltrack {

// Makes progress durable: dead letters, steps of backfills and checkpoint go to the store, and only
// then is the position published as confirmed. While the store has no space nothing is confirmed:
// what it did not take is kept as it is, and is tried again until it takes it. So it is with dead
// letters beyond those that it may keep, and all behind them. The condition tells of either. run()
// is the state thread; it throws what else the store throws, and then nothing more is confirmed.
class Checkpointer {
 public:
  // `on_saved` is called from the state thread after each checkpoint.
  Checkpointer(InflightLedger& ledger, DeadLetterQueue& dead_letters, ProgressStore& store,
               DeliveryCondition& condition, const MappingStatus& mappings,
               const SourceStatus& source, BackfillExchange& backfills, Checkpoint start,
               std::function<void()> on_saved);

  // Who counts dead letters by rule and sees to it that saving gets on. `save_figures` is called
  // once a second from the state thread and is told whether it is the last time. Before run().
  void observe(RuleCounts& counts, Stage& stage, std::function<void(bool last)> save_figures);

  // When there is no space it tries again after `first`, then twice that, up to `longest`. Before
  // run().
  void retry_within(std::chrono::milliseconds first, std::chrono::milliseconds longest) {
    first_retry_ = first;
    longest_retry_ = longest;
  }

  // Saves at most 20 times a second while events finish (60 times while rows are backfilled), and
  // once a second when only the position or the state of mappings or source moves, until stop();
  // then once more: if there is no space then, it throws that. Looks for requests of backfills once
  // a second.
  void run();

  // Any thread.
  void stop();
  void wake();
  // While somebody waits for the position it is saved as often as events are.
  void hurry(bool on);
  Lsn confirmed() const { return Lsn{confirmed_.load(std::memory_order_acquire)}; }
  uint64_t dead_letter_count() const { return dead_.load(std::memory_order_relaxed); }
  // What it keeps for the store, in memory.
  size_t bytes() const { return cap_.bytes() + unsaved_bytes_.load(std::memory_order_relaxed); }

 private:
  // What goes to the store in one transaction.
  struct Unsaved {
    Checkpoint checkpoint;
    std::vector<DeadLetter> letters;
    std::vector<BackfillStep> steps;
    std::vector<uint64_t> spooled;  // whose letters these are
  };

  void save_all();
  void save(bool position_alone);
  void collect(bool position_alone);
  void store_unsaved();
  void save_condition();
  void save_states(bool last);
  void save_source();
  void look_for_requests();
  bool sleep();
  void wait_for_space(const Error& error);
  void tell_store();
  void tell(const DeadLetter& letter);

  InflightLedger& ledger_;
  DeadLetterQueue& dead_letters_;
  ProgressStore& store_;
  DeliveryCondition& condition_;
  const MappingStatus& mappings_;
  const SourceStatus& source_;
  BackfillExchange& backfills_;
  const std::function<void()> on_saved_;
  RuleCounts* counts_ = nullptr;  // may be none, as the next two
  Stage* stage_ = nullptr;
  std::function<void(bool last)> save_figures_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;     // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::atomic<bool> hurried_ = false;
  std::atomic<uint64_t> confirmed_;
  std::atomic<uint64_t> dead_ = 0;

  std::atomic<size_t> unsaved_bytes_ = 0;

  // The state thread's own.
  DeadLetterCap cap_;
  std::optional<Unsaved> unsaved_;  // the store did not take it yet
  Checkpoint saved_;
  std::string saved_condition_;
  SteadyTime position_saved_at_;
  uint64_t mappings_saved_ = 0;  // their version
  uint64_t source_saved_ = 0;    // its version
  StreamOrigin origin_saved_;
  SteadyTime states_saved_at_;
  SteadyTime looked_at_;
  SteadyTime figures_at_;
  bool saved_steps_ = false;  // the last time
  // While the store has no space: when to try again, and what is wrong.
  std::optional<SteadyTime> retry_at_;
  std::chrono::milliseconds first_retry_{1000};
  std::chrono::milliseconds longest_retry_{10'000};
  std::chrono::milliseconds retry_wait_{0};
  std::string no_space_;
  bool told_full_ = false;  // that letters wait
  struct Told {
    uint64_t rows = 0;
    SteadyTime at;
  };
  std::map<std::pair<std::string, std::string>, Told> told_;  // by rule and reason
};

}  // namespace waltrack
