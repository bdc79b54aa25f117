#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace waltrack {

// Failures that come by chance. Each share is of all requests; together they are at most 1, and the
// rest is answered as it deserves.
struct RandomFailures {
  uint64_t seed = 1;
  // By status. 400 and 413 spare a request of one event: refused alone, it would have to count as
  // one that never can be sent.
  std::map<int, double> answers;
  double reset = 0;  // the connection is reset instead of an answer
  double stall = 0;  // the answer comes only after `stall_for`
  std::chrono::milliseconds stall_for{0};
  // Of the requests that are reset or answered by chance, but for 400 and 413, this share has its
  // events taken nevertheless.
  double take = 0.5;
};

// What POST /control asks for, to see how a sender takes failures. A member's name is its key.
struct FailureSwitch {
  int answer = 200;
  int count = -1;        // so many requests get `answer`, then 200; below 0: until told otherwise
  int retry_after = -1;  // seconds, for the header; below 0: none
  bool take = false;     // take the events although `answer` says otherwise
  std::chrono::milliseconds delay{0};    // "delay_ms": before every answer
  std::optional<RandomFailures> random;  // for what `answer` leaves
  // Not empty: a request that has this text is answered so, and nothing of it is taken.
  std::string poison;
  int poison_answer = 400;
};

// Reads the body of a request to /control. Throws a usage Error that names what is known.
FailureSwitch parse_failure_switch(const std::string& json);

}  // namespace waltrack
