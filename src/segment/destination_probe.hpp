#pragma once

#include <string>

#include "base/clock.hpp"
#include "segment/segment_destination.hpp"

namespace waltrack {

// What a receiver made of a request that holds no event.
struct DestinationProbe {
  enum class Answer {
    fine,         // it is there and took it, or found nothing wrong but that it is empty
    unreachable,  // no HTTP answer
    wrong_key,
    wrong_address,  // something answers that is no batch call
    busy,           // it is there, and has trouble of its own
  };

  Answer answer = Answer::fine;
  std::string reason;  // "HTTP 401", "could not connect to …"; no secrets
  std::string said;    // the start of what it said, on one line
  std::string hint;
};

// Sends a batch without an event: it makes none, whoever takes it. Waits for at most 15 seconds.
// That Segment takes it says little of the key: it answers most wrong ones as it does right ones.
DestinationProbe probe_destination(SegmentSettings settings, const Clock& clock);

}  // namespace waltrack
