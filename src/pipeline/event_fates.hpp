#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace waltrack {

// Why the receiver will never take an event.
struct Refusal {
  std::string reason;  // "HTTP 400"
  std::string answer;  // the start of what it said; may repeat the event's values
};

// The reason of dead letters of events that the receiver does not take.
inline constexpr const char* kRefusedReason = "refused";

// Where delivery tells what became of events, each once, by their numbers. Called from the delivery
// thread.
class EventFates {
 public:
  virtual ~EventFates() = default;

  virtual void accepted(std::span<const uint64_t> sequences) = 0;
  virtual void refused(uint64_t sequence, std::string payload, const Refusal& why) = 0;
};

}  // namespace waltrack
