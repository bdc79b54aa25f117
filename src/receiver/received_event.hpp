#pragma once

#include <cstdint>
#include <string_view>

namespace waltrack {

// What became of an event that a request brought.
enum class Fate : uint8_t {
  accepted,     // seen for the first time
  duplicate,    // its messageId came before, with the same content
  conflicting,  // its messageId came before, with other content: two events share an id
  dropped,      // Segment would answer 200 and lose it
};

std::string_view fate_name(Fate fate);

// One event of a request. All are views into the request's body or its reader's buffers.
struct ReceivedEvent {
  Fate fate = Fate::accepted;
  std::string_view drop_reason;  // dropped: a code of segment_rules.hpp
  std::string_view json;         // the event as it came
  std::string_view type;         // "track"; of a single call, what its path says
  // Empty when missing or no string.
  std::string_view message_id;
  std::string_view user_id;
  std::string_view anonymous_id;
  std::string_view event;  // track's event name
  std::string_view name;   // of a page or screen
  std::string_view group_id;
  std::string_view previous_id;
  std::string_view timestamp;
  std::string_view payload;  // the JSON of traits or properties, whichever the type has
  // When it happened, as Segment would store it: receivedAt − (sentAt − timestamp).
  int64_t time_us = 0;
  uint64_t content = 0;  // hash of all fields but sentAt and receivedAt, whatever their order
};

}  // namespace waltrack
