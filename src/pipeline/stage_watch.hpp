#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "model/run_figures.hpp"

namespace waltrack {

// Where one thread of the run tells that it lives and gets on. One thread writes, any reads.
class Stage {
 public:
  Stage(std::string name, const Clock& clock, std::function<std::string()> reason)
      : name_(std::move(name)), clock_(clock), reason_(std::move(reason)) {}

  // Its loop goes round, which it must do every few seconds whether or not there is work. Not
  // before the first call and not after end() is it watched.
  void turn();
  // It enters or leaves a wait that may well be long, such as a query: what is told is that it gets
  // on with its work or not, not that its loop stands.
  void leave(bool away);
  // Whether there is work; when some comes, the time for it begins.
  void work(bool has);
  // Some of its work is done.
  void progress();
  void end();

 private:
  friend class StageWatch;

  const std::string name_;
  const Clock& clock_;
  const std::function<std::string()> reason_;  // why it does not get on, if that is known
  // Steady nanoseconds; 0: not watched.
  std::atomic<int64_t> turned_ = 0;
  std::atomic<int64_t> progressed_ = 0;
  std::atomic<bool> has_work_ = false;
  std::atomic<bool> away_ = false;
};

// A job of a stage that sleeps between jobs, for as long as they take: only within one there is
// something to watch.
class StageJob {
 public:
  explicit StageJob(Stage* stage) : stage_(stage) {  // may be none
    if (stage_ == nullptr) return;
    stage_->leave(true);
    stage_->work(true);
  }
  ~StageJob() {
    if (stage_ != nullptr) stage_->end();
  }
  StageJob(const StageJob&) = delete;
  StageJob& operator=(const StageJob&) = delete;

 private:
  Stage* const stage_;
};

// Finds the stages that do not turn, or get nothing done although they have work, for a minute, and
// tells the log when one begins and when it goes on. Nobody must be told for being quiet: a server
// that decodes a huge transaction leaves capture without work, and its loop turning. Any thread may
// look; one has to, every second or so: a pause of the whole process (a laptop's lid, SIGSTOP) is
// known by looks that did not come, and excuses all.
class StageWatch {
 public:
  static constexpr std::chrono::seconds kLimit{60};

  explicit StageWatch(const Clock& clock) : clock_(clock) {}

  // The stage lives as long as this. `reason` is called from looks. All are added before the first
  // look.
  Stage& add(std::string name, std::function<std::string()> reason = {});

  std::vector<StageFigure> look();
  // Grows whenever a stage gets into trouble or out of it; as of the last look.
  uint64_t version() const { return version_.load(std::memory_order_relaxed); }

 private:
  struct Watched {
    Watched(std::string name, const Clock& clock, std::function<std::string()> reason)
        : stage(std::move(name), clock, std::move(reason)) {}
    Stage stage;
    bool was_stuck = false;  // guarded by mutex_, as what follows
    bool was_idle = false;   // had work and got nothing done
    SteadyTime since{};
  };
  StageFigure figure(Watched& watched, SteadyTime now) const;
  void tell(Watched& watched, const StageFigure& figure, SteadyTime now);

  const Clock& clock_;
  std::mutex mutex_;
  std::list<Watched> stages_;  // the list itself is constant after the first look
  SteadyTime looked_{};        // guarded by mutex_
  SteadyTime resumed_{};       // guarded by mutex_: nothing before it counts
  std::atomic<uint64_t> version_ = 0;
};

}  // namespace waltrack
