#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace waltrack {

// Reads a timestamptz as Postgres prints it with DateStyle ISO, whatever the session's time zone:
// "2026-11-23 12:37:33.098093+00", the fraction's trailing zeros left out, an offset of hours,
// minutes and seconds ("+05:30", "-03:30:52"). Microseconds since 1970-01-01 UTC; nothing when it
// is not one.
std::optional<int64_t> parse_wal2json_timestamp(std::string_view text);

}  // namespace waltrack
