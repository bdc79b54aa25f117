#pragma once

#include <cstdint>
#include <string>

namespace waltrack {

// Appends `us` (microseconds since 1970-01-01 UTC) as "2026-11-23T12:37:33.098093Z": always six
// digits of fraction, 27 characters for the years 0 to 9999.
void append_iso8601_utc(std::string& out, int64_t us);

// The proleptic Gregorian calendar, any year (0 = 1 BC).
int64_t days_from_civil(int64_t year, unsigned month, unsigned day);

}  // namespace waltrack
