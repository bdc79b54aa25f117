#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "base/clock.hpp"
#include "base/wakeup.hpp"
#include "pipeline/source_status.hpp"
#include "pipeline/stage_watch.hpp"

namespace waltrack {

struct SourceWatchSettings {
  std::chrono::milliseconds interval{10'000};
  std::chrono::milliseconds tell_again{600'000};
  // Looks at the source over a connection of its own; throws an Error when it can't. Called from
  // the watch's thread.
  std::function<SourceReading()> read;
};

// Looks at the source now and then: so that a slot that is about to be lost, or a standby that gets
// nothing any more, is told while there is time. run() is the watch thread.
class SourceWatch {
 public:
  SourceWatch(SourceWatchSettings settings, SourceStatus& status, const Clock& clock);

  void run();
  // Any thread.
  void stop();

  // Who sees to it that it gets on. Before run().
  void observe(Stage& stage) { stage_ = &stage; }

 private:
  void look();
  void tell(const std::vector<std::string>& warnings);

  const SourceWatchSettings settings_;
  SourceStatus& status_;
  const Clock& clock_;
  Stage* stage_ = nullptr;  // may be none
  Wakeup wakeup_;
  std::atomic<bool> stopping_ = false;
  std::map<std::string, SteadyTime> told_;  // by the warning without its figures
};

}  // namespace waltrack
