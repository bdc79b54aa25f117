#pragma once

#include <chrono>

#include "base/clock.hpp"
#include "model/lsn.hpp"

namespace waltrack {

// Decides when the server is told how far everything is safe: regularly, so that it does not take
// the connection for dead, and soon after the position rose, so that it can forget WAL.
class ReportSchedule {
 public:
  enum class Due { nothing, report, report_and_ask };  // ask: for an answer, as a sign of life

  // `sender_timeout` is the server's wal_sender_timeout; zero: it has none.
  ReportSchedule(SteadyTime now, std::chrono::milliseconds sender_timeout);

  Due due(SteadyTime now, Lsn confirmed) const;
  void sent(SteadyTime now, Lsn confirmed, bool asked);

  // Until the next regular report.
  std::chrono::milliseconds left(SteadyTime now) const;

 private:
  std::chrono::milliseconds period_;
  SteadyTime last_sent_;
  SteadyTime last_asked_;
  Lsn last_confirmed_;
};

}  // namespace waltrack
