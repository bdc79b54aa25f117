#include "pipeline/source_watch.hpp"

#include <algorithm>
#include <poll.h>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"

namespace waltrack {
namespace {

// The same warning with other figures is the same warning.
std::string without_figures(const std::string& warning) {
  std::string text;
  std::ranges::copy_if(warning, std::back_inserter(text),
                       [](char c) { return (c < '0' || c > '9') && c != '.'; });
  return text;
}

}  // namespace

SourceWatch::SourceWatch(SourceWatchSettings settings, SourceStatus& status, const Clock& clock)
    : settings_(std::move(settings)), status_(status), clock_(clock) {}

void SourceWatch::stop() {
  stopping_ = true;
  wakeup_.wake();
}

void SourceWatch::run() {
  while (!stopping_) {
    if (stage_ != nullptr) stage_->turn();
    look();
    pollfd waiting{wakeup_.fd(), POLLIN, 0};
    if (!stopping_) poll(&waiting, 1, static_cast<int>(settings_.interval.count()));
  }
}

void SourceWatch::look() {
  try {
    SourceReading reading = settings_.read();
    tell(reading.warnings);
    status_.set_reading(std::move(reading));
  } catch (const Error& error) {
    // The stream has the same trouble, and tells it.
    log::debug("the source can't be looked at", {{"reason", error.describe()}});
  }
}

void SourceWatch::tell(const std::vector<std::string>& warnings) {
  std::map<std::string, SteadyTime> standing;
  const SteadyTime now = clock_.steady();
  for (const std::string& warning : warnings) {
    const std::string key = without_figures(warning);
    const auto known = told_.find(key);
    if (known != told_.end() && now - known->second < settings_.tell_again) {
      standing[key] = known->second;
      continue;
    }
    log::warn("the source needs attention", {{"what", warning}});
    standing[key] = now;
  }
  if (standing.empty() && !told_.empty()) log::info("the source needs no attention any more");
  told_ = std::move(standing);
}

}  // namespace waltrack
