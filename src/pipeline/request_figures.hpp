#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "model/destination.hpp"
#include "model/run_figures.hpp"

namespace waltrack {

// Counts requests by what came of them, and how long they took. Any thread may call.
class RequestFigures {
 public:
  void finished(const Outcome& outcome, SteadyTime::duration took);

  std::vector<RequestCount> counts() const;
  RequestTimes times() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<Outcome::Verdict, std::string>, uint64_t> counts_;  // guarded by mutex_
  RequestTimes times_;                                                   // guarded by mutex_
};

}  // namespace waltrack
