#pragma once

#include <cstdint>
#include <string>

namespace waltrack {

// A time (microseconds since 1970-01-01 UTC) as ISO 8601, for programs.
std::string moment_text(int64_t us);

// "12 s ago", for a person.
std::string age_text(int64_t us, int64_t now_us);

// "12 s", "5 min", "3 h 20 min", "4 days".
std::string duration_text(int64_t seconds);

}  // namespace waltrack
