#pragma once

#include <chrono>
#include <mutex>
#include <random>
#include <string>

#include "receiver/failure_switch.hpp"

namespace waltrack {

// How one request is to be treated.
struct RequestLot {
  int answer = 200;      // 200: what it deserves
  bool take = true;      // its events are taken, whatever is answered
  bool reset = false;    // no answer: its connection is reset
  int retry_after = -1;  // below 0: no such header
  std::chrono::milliseconds delay{0};
};

// Decides, request by request, which of the failures come that a FailureSwitch asks for. The same
// seed gives the same lots in the order of asking. Thread-safe.
class PlannedFailures {
 public:
  void ask(FailureSwitch failure);
  // `body`: the request's, uncompressed.
  RequestLot next(const std::string& body);

 private:
  RequestLot by_chance(const std::string& body);
  double draw();

  std::mutex mutex_;  // guards all below
  FailureSwitch failure_;
  std::mt19937_64 random_;
};

}  // namespace waltrack
