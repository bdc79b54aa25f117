#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "base/clock.hpp"
#include "base/wakeup.hpp"
#include "pipeline/source_status.hpp"

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

 private:
  void look();
  void tell(const std::vector<std::string>& warnings);

  const SourceWatchSettings settings_;
  SourceStatus& status_;
  const Clock& clock_;
  Wakeup wakeup_;
  std::atomic<bool> stopping_ = false;
  std::map<std::string, SteadyTime> told_;  // by the warning without its figures
};

}  // namespace waltrack
