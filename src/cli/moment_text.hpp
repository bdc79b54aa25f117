#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waltrack {

// A time (microseconds since 1970-01-01 UTC) as ISO 8601, for programs.
std::string moment_text(int64_t us);

// What a person writes for a time: "2026-01-31", "2026-01-31 18:05", "2026-01-31T18:05:59Z", with
// "+02:00" instead of the Z, UTC where there is neither; or how long ago: "90s", "30min", "2h",
// "7d". Nothing when it is none of these.
std::optional<int64_t> parse_moment(std::string_view text, int64_t now_us);

// "12 s ago", for a person.
std::string age_text(int64_t us, int64_t now_us);

// "12 s", "5 min", "3 h 20 min", "4 days".
std::string duration_text(int64_t seconds);

}  // namespace waltrack
