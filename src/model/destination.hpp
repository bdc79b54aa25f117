#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waltrack {

// What an answer means for the batch it belongs to.
struct Outcome {
  enum class Verdict {
    accepted,  // the receiver has it
    refused,   // something in the batch is not to its liking: find out what, send the rest
    retry,     // it will pass: the same batch again, later
    hold,      // nothing will pass until a person mends something; throw nothing away
  };

  size_t lane = 0;
  Verdict verdict = Verdict::retry;
  std::optional<std::chrono::milliseconds> retry_after;  // asked for by the receiver, for all lanes
  // In one word, of which there are few: the HTTP status, or what came instead of an answer.
  std::string answer{};
  std::string reason;  // for log and status: "HTTP 429", "could not connect to …"; no secrets
  std::string hint;    // refused and hold: what to do about it
  // refused and hold: the start of what the receiver said, on one line. It may repeat an event's
  // values: for the state file only, never for the log.
  std::string said;
};

// Where batches of events go. All but wake() belongs to the delivery thread.
class Destination {
 public:
  virtual ~Destination() = default;

  // Starts to send the events of `lane`: JSON objects joined by commas. `events` is copied or
  // encoded before this returns. One batch a lane at a time.
  virtual void send(size_t lane, std::string_view events) = 0;

  // Moves things along until something finished, wake() was called, or `timeout` is over, and
  // appends what finished to `outcomes`.
  virtual void wait(std::chrono::milliseconds timeout, std::vector<Outcome>& outcomes) = 0;

  // Ends a wait() early. Any thread.
  virtual void wake() = 0;
};

}  // namespace waltrack
