#include "pipeline/pipeline.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <thread>
#include <utility>

#include "base/log.hpp"
#include "base/wakeup.hpp"
#include "pipeline/capture.hpp"
#include "pipeline/checkpointer.hpp"
#include "pipeline/dead_letter_queue.hpp"
#include "pipeline/delivery_condition.hpp"
#include "pipeline/inflight_ledger.hpp"
#include "pipeline/outbox.hpp"
#include "pipeline/run_figures.hpp"
#include "pipeline/stage_watch.hpp"
#include "pipeline/stream_fates.hpp"

namespace waltrack {
namespace {

using std::chrono::milliseconds;

// The first failure of any thread, and the wake-up of whoever waits for one.
class Failure {
 public:
  void report(std::exception_ptr error) {
    {
      const std::lock_guard lock(mutex_);
      if (!first_) first_ = std::move(error);
    }
    wakeup_.wake();
  }
  bool happened() const {
    const std::lock_guard lock(mutex_);
    return first_ != nullptr;
  }
  void rethrow() const {
    const std::lock_guard lock(mutex_);
    if (first_) std::rethrow_exception(first_);
  }
  int fd() const { return wakeup_.fd(); }

 private:
  mutable std::mutex mutex_;
  std::exception_ptr first_;  // guarded by mutex_
  Wakeup wakeup_;
};

std::jthread start_thread(const char* name, Failure& failure, std::function<void()> body) {
  return std::jthread([name, &failure, body = std::move(body)] {
    pthread_setname_np(pthread_self(), name);
    try {
      body();
    } catch (...) {
      failure.report(std::current_exception());
    }
  });
}

class Run {
 public:
  Run(ChangeSource& source, MappingSet mappings, Destination& destination, ProgressStore& store,
      const Checkpoint& start, const PipelineSettings& settings, const Clock& clock)
      : settings_(settings),
        clock_(clock),
        source_(source),
        store_(store),
        stages_(clock),
        mappings_(clock),
        source_status_(clock),
        lanes_(settings.lanes, settings.batch),
        ledger_(start),
        outbox_(lanes_, ledger_, dead_letters_, mappings_),
        checkpointer_(ledger_, dead_letters_, store, condition_, mappings_, source_status_,
                      backfills_, start, [this] { saved(); }),
        fates_(ledger_, dead_letters_),
        spooler_(make_spooler()),
        delivery_(
            lanes_, fates_, destination, condition_, clock, settings.delivery,
            [this] { finished(); }, spooler_.get()),
        reload_(make_reload(mappings)),
        watch_(make_watch()),
        readers_(make_readers()),
        weaver_(make_weaver()),
        capture_(source, std::move(mappings), outbox_, start, settings.memory_bytes, hooks(), clock,
                 weaver_.get()) {
    observe();
  }

  RunSummary until(int stop_fd) {
    const OnBoard on_board(settings_.board, [this] { return figures(); });
    std::jthread state = start_thread("state", failure_, [this] { checkpointer_.run(); });
    std::jthread delivery = start_thread("delivery", failure_, [this] { delivery_.run(); });
    std::jthread capture = start_thread("capture", capture_failure_, [this] { capture_.run(); });
    std::jthread reload;
    if (reload_) reload = start_thread("reload", failure_, [this] { reload_->run(); });
    std::jthread watch;
    if (watch_) watch = start_thread("watch", failure_, [this] { watch_->run(); });
    wait_for_stop_or_failure(stop_fd);
    log::info("stopping");
    if (watch_) watch_->stop();
    if (reload_) reload_->stop();
    capture_.stop_reading();
    drain();
    delivery_.stop();
    delivery.join();
    checkpointer_.stop();
    state.join();
    capture_.finish();
    capture.join();
    readers_.reset();
    if (reload_) reload.join();
    if (watch_) watch.join();
    failure_.rethrow();
    capture_failure_.rethrow();
    return {.rows = capture_.rows(),
            .backfilled_rows = weaver_ ? weaver_->rows() : 0,
            .delivered_events = delivery_.delivered_events(),
            .dead_letters = checkpointer_.dead_letter_count(),
            .unfinished_events = ledger_.unfinished() + (spooler_ ? spooler_->figure().events : 0),
            .confirmed = checkpointer_.confirmed(),
            .shadow = mappings_.state().shadow,
            .backfills = stored_backfills()};
  }

 private:
  // Shows the run's figures, for as long as it is there to be asked.
  class OnBoard {
   public:
    OnBoard(RunBoard* board, std::function<RunFigures()> gather) : board_(board) {
      if (board_ != nullptr) board_->attach(std::move(gather));
    }
    ~OnBoard() {
      if (board_ != nullptr) board_->detach();
    }
    OnBoard(const OnBoard&) = delete;
    OnBoard& operator=(const OnBoard&) = delete;

   private:
    RunBoard* const board_;
  };

  void observe() {
    outbox_.count_into(rule_counts_);
    if (spooler_) spooler_->count_into(rule_counts_);
    delivery_.observe(requests_, stages_.add("delivery", [this] {
      return condition_.is_flowing() ? std::string() : condition_.brief();
    }));
    checkpointer_.observe(rule_counts_, stages_.add("state"),
                          [this](bool last) { save_figures(last); });
    if (reload_) reload_->observe(stages_.add("reload"));
    if (watch_) watch_->observe(stages_.add("watch"));
  }

  RunFigures figures() {
    RunFigures figures = gather_figures({.clock = clock_,
                                         .source = source_,
                                         .source_status = source_status_,
                                         .condition = condition_,
                                         .lanes = lanes_,
                                         .ledger = ledger_,
                                         .dead_letters = dead_letters_,
                                         .backfills = backfills_,
                                         .rules = rule_counts_,
                                         .requests = requests_,
                                         .stages = stages_,
                                         .memory_bytes = settings_.memory_bytes},
                                        checkpointer_.confirmed());
    figures.rows = capture_.rows();
    figures.backfilled_rows = weaver_ ? weaver_->rows() : 0;
    figures.checkpoint_at_us = saved_at_us_.load(std::memory_order_relaxed);
    figures.sent_events = delivery_.delivered_events();
    if (spooler_) {
      figures.spool = spooler_->figure();
      figures.queue_bytes += spooler_->memory_bytes();
      const std::vector<size_t> lanes = spooler_->lane_bytes();
      for (size_t i = 0; i < lanes.size(); ++i)
        figures.lane_bytes[i] += lanes[i];
    }
    figures.dead_letters = checkpointer_.dead_letter_count();
    const int64_t room = dead_letter_room_.load(std::memory_order_relaxed);
    if (room >= 0) figures.dead_letter_room = static_cast<uint64_t>(room);
    return figures;
  }

  // From the state thread. A run that has nothing to do writes nothing.
  void save_figures(bool last) {
    constexpr std::chrono::seconds kBetween{10};
    const bool trouble = std::exchange(told_trouble_, stages_.version()) != told_trouble_;
    const SteadyTime now = clock_.steady();
    if (!last && !trouble && now - figures_saved_at_ < kBetween) return;
    figures_saved_at_ = now;
    dead_letter_room_ = static_cast<int64_t>(store_.dead_letter_room());
    RunFigures now_told = figures();
    if (settings_.board != nullptr) settings_.board->stamp(now_told);
    if (saved_figures_ && tell_the_same(*saved_figures_, now_told)) return;
    store_.save_figures(now_told);
    saved_figures_ = std::move(now_told);
  }

  void set_live(const MappingSet& set) {
    for (const RuleName& rule : set.rules)
      rule_counts_.know(rule.table, rule.id);
    mappings_.set_live(set);
  }

  CaptureHooks hooks() {
    return {.confirmed = [this] { return checkpointer_.confirmed(); },
            .queued_bytes =
                [this] {
                  return lanes_.bytes() + ledger_.bytes() + dead_letters_.bytes() +
                         checkpointer_.bytes() + (spooler_ ? spooler_->memory_bytes() : 0);
                },
            .on_flushed =
                [this] {
                  delivery_.wake();
                  checkpointer_.wake();
                },
            .hurry = [this](bool on) { checkpointer_.hurry(on); },
            .on_waiting = [this](std::string why) { mappings_.set_pending_reason(std::move(why)); },
            .on_mappings = [this](const MappingSet& set) { set_live(set); },
            .on_streaming =
                [this](const StreamOrigin& origin) { source_status_.set_streaming(origin); },
            .on_ended = [this](const std::string& why) { source_status_.set_problem(why); },
            .on_turn = [&stage = stages_.add("capture")] { stage.turn(); }};
  }

  std::unique_ptr<Spooler> make_spooler() {
    if (!settings_.spool) return nullptr;
    SpoolSettings spool = *settings_.spool;
    // What capture brings has to find room beside it.
    spool.read_ahead_bytes = std::min(spool.read_ahead_bytes, settings_.memory_bytes / 8);
    return std::make_unique<Spooler>(spool, lanes_, ledger_, dead_letters_, settings_.batch,
                                     clock_);
  }

  std::unique_ptr<MappingReload> make_reload(const MappingSet& first) {
    set_live(first);
    if (!settings_.reload) return nullptr;
    return std::make_unique<MappingReload>(
        *settings_.reload, first, mappings_,
        [this](MappingSet set) { capture_.offer(std::move(set)); }, clock_);
  }

  std::unique_ptr<SourceWatch> make_watch() {
    if (!settings_.watch) return nullptr;
    return std::make_unique<SourceWatch>(*settings_.watch, source_status_, clock_);
  }

  std::unique_ptr<ChunkReaders> make_readers() {
    if (!settings_.backfill) return nullptr;
    return std::make_unique<ChunkReaders>(
        settings_.backfill->start.readers, settings_.backfill->make_reader,
        [this] { capture_.wake(); }, &stages_);
  }

  std::unique_ptr<BackfillWeaver> make_weaver() {
    if (!settings_.backfill) return nullptr;
    backfills_.bring(settings_.backfill->requests);
    return std::make_unique<BackfillWeaver>(settings_.backfill->start, *readers_, outbox_,
                                            backfills_, clock_);
  }

  std::vector<BackfillProgress> stored_backfills() const {
    std::vector<BackfillProgress> all;
    for (auto& [name, progress] : backfills_.stored())
      all.push_back(progress);
    return all;
  }

  // From the state thread, after each checkpoint.
  void saved() {
    saved_at_us_ = clock_.utc_us();
    capture_.wake();
    if (spooler_) delivery_.wake();  // letters of spooled events may be stored
    if (!settings_.backfill || settings_.backfill->until_over.empty()) return;
    const std::map<std::string, BackfillProgress> stored = backfills_.stored();
    const bool over =
        std::ranges::all_of(settings_.backfill->until_over, [&](const TableName& table) {
          const auto found = stored.find(table.full_name());
          return found != stored.end() && found->second.is_over();
        });
    if (over) over_.wake();
  }

  void finished() {
    checkpointer_.wake();
    capture_.wake();  // there is room again
  }

  void wait_for_stop_or_failure(int stop_fd) {
    constexpr int kBetweenLooksMs = 1000;
    pollfd waiting[] = {{stop_fd, POLLIN, 0},
                        {failure_.fd(), POLLIN, 0},
                        {capture_failure_.fd(), POLLIN, 0},
                        {over_.fd(), POLLIN, 0}};
    do {
      stages_.look();
    } while (poll(waiting, std::size(waiting), kBetweenLooksMs) <= 0);
  }

  // Gives what is on its way the time to finish, as long as the receiver takes events; also when
  // capture failed: a slot that is gone can't bring these events again.
  void drain() const {
    const SteadyTime end = clock_.steady() + settings_.grace;
    while (!failure_.happened() && clock_.steady() < end) {
      const bool taken_in = capture_.has_stopped_reading() || capture_failure_.happened();
      if (taken_in && (ledger_.is_idle() || !condition_.is_flowing())) return;
      std::this_thread::sleep_for(milliseconds(10));
    }
  }

  const PipelineSettings& settings_;
  const Clock& clock_;
  ChangeSource& source_;  // any thread may ask for its server's position; the rest is capture's
  ProgressStore& store_;  // the state thread's
  StageWatch stages_;
  RuleCounts rule_counts_;
  RequestFigures requests_;
  std::atomic<int64_t> saved_at_us_ = 0;
  std::atomic<int64_t> dead_letter_room_ = -1;  // below 0: not known yet
  // The state thread's own: what it wrote last.
  std::optional<RunFigures> saved_figures_;
  SteadyTime figures_saved_at_;
  uint64_t told_trouble_ = 0;

  Failure failure_;  // of delivery or state
  Failure capture_failure_;
  DeliveryCondition condition_;
  MappingStatus mappings_;
  SourceStatus source_status_;
  LaneQueues lanes_;
  InflightLedger ledger_;
  DeadLetterQueue dead_letters_;
  Outbox outbox_;
  BackfillExchange backfills_;
  Wakeup over_;  // what the run was to do is done
  Checkpointer checkpointer_;
  StreamFates fates_;
  std::unique_ptr<Spooler> spooler_;
  Delivery delivery_;
  std::unique_ptr<MappingReload> reload_;
  std::unique_ptr<SourceWatch> watch_;
  std::unique_ptr<ChunkReaders> readers_;  // gone before what they wake is
  std::unique_ptr<BackfillWeaver> weaver_;
  Capture capture_;
};

}  // namespace

RunSummary run_pipeline(ChangeSource& source, MappingSet mappings, Destination& destination,
                        ProgressStore& store, Checkpoint start, const PipelineSettings& settings,
                        const Clock& clock, int stop_fd) {
  Run run(source, std::move(mappings), destination, store, start, settings, clock);
  return run.until(stop_fd);
}

}  // namespace waltrack
