#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace waltrack {

// What a receiver has counted since it started. events = accepted + duplicates + conflicting +
// dropped.
struct ReceiverStats {
  using Counts = std::map<std::string, uint64_t, std::less<>>;

  uint64_t requests = 0;           // to the tracking paths, whatever was answered
  uint64_t rejected_requests = 0;  // answered 400 or 401
  uint64_t failed_requests = 0;    // answered otherwise than deserved, because it was asked for
  uint64_t events = 0;             // of requests that were not rejected
  uint64_t accepted = 0;
  uint64_t duplicates = 0;
  uint64_t conflicting = 0;
  uint64_t dropped = 0;
  uint64_t wire_bytes = 0;  // bodies as they came, compressed or not
  uint64_t body_bytes = 0;  // bodies uncompressed
  uint64_t known = 0;       // messageIds, those of an earlier run among them
  Counts by_answer;         // requests by status; "reset": the connection was, by request
  Counts by_type;           // accepted events
  Counts by_event;          // accepted track calls by name; the rest of too many names is "(other)"
  Counts dropped_reasons;

  std::string json() const;     // one object
  std::string summary() const;  // one line for a person
};

// Adds one to the count of `name`, or of "(other)" when there are too many names already.
void count(ReceiverStats::Counts& counts, std::string_view name);

}  // namespace waltrack
