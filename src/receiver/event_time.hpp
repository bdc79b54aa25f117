#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace waltrack {

// Microseconds since 1970-01-01 UTC of an ISO 8601 time such as "2026-11-23T12:37:33.098Z": a date
// alone, any number of fraction digits, and an offset ("Z", "+02:00", "+0200", "+02", none = UTC)
// are fine. Nothing when it is not one.
std::optional<int64_t> parse_event_time(std::string_view text);

// When an event happened, as Segment computes it: the sender's clock is set right by the difference
// between its sentAt and our receivedAt. Without a valid timestamp it is received_us; without a
// valid sentAt the timestamp stands.
int64_t corrected_event_time(std::string_view timestamp, std::string_view sent_at,
                             int64_t received_us);

}  // namespace waltrack
