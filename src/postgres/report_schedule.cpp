#include "postgres/report_schedule.hpp"

#include <algorithm>

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLongestPeriod = 10s;
constexpr std::chrono::milliseconds kAfterProgress = 1s;

}  // namespace

ReportSchedule::ReportSchedule(SteadyTime now, std::chrono::milliseconds sender_timeout)
    : period_(sender_timeout > 0ms ? std::min(kLongestPeriod, sender_timeout / 3) : kLongestPeriod),
      last_sent_(now),
      last_asked_(now) {}

ReportSchedule::Due ReportSchedule::due(SteadyTime now, Lsn confirmed) const {
  if (now - last_asked_ >= period_) return Due::report_and_ask;
  const bool rose = confirmed > last_confirmed_;
  if (now - last_sent_ >= (rose ? std::min(kAfterProgress, period_) : period_)) return Due::report;
  return Due::nothing;
}

void ReportSchedule::sent(SteadyTime now, Lsn confirmed, bool asked) {
  last_sent_ = now;
  last_confirmed_ = confirmed;
  if (asked) last_asked_ = now;
}

std::chrono::milliseconds ReportSchedule::left(SteadyTime now) const {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - last_asked_);
  return std::max(0ms, period_ - passed);
}

}  // namespace waltrack
