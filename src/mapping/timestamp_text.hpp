#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waltrack {

// Times as Postgres writes them (DateStyle ISO) → ISO 8601. Each appends without quotes and returns
// true; for text that is not such a time, and for the infinities, it appends nothing and returns
// false. Years before 0 (1 BC) and after 9999 take the expanded form: a sign and at least six
// digits.

// "2026-11-23 12:37:33.098093+00" → "2026-11-23T12:37:33.098093Z": UTC, always six digits.
bool append_timestamptz_text(std::string& out, std::string_view pg);
// "2026-11-23 12:37:33" → "2026-11-23T12:37:33.000000".
bool append_timestamp_text(std::string& out, std::string_view pg);
// "2026-11-23", "0044-03-15 BC" → "-000043-03-15".
bool append_date_text(std::string& out, std::string_view pg);
// "12:37:33.5", digits as they are.
bool append_time_text(std::string& out, std::string_view pg);
// "12:37:33+02" → "12:37:33+02:00"; an offset of zero is Z.
bool append_timetz_text(std::string& out, std::string_view pg);

// Microseconds since 1970-01-01 UTC of a time that a person or an expression wrote: a date alone or
// with a time behind T or a space, seconds optional, fraction of any length (cut at six digits),
// zone Z, ±HH, ±HHMM or ±HH:MM, none = UTC. Also all that Postgres and the functions above write.
// Nothing for anything else and for times that do not fit.
std::optional<int64_t> parse_timestamp_us(std::string_view text);

// The same of a call's `timestamp`: the years 1 to 9999, which ISO 8601 writes with four digits.
std::optional<int64_t> parse_call_time(std::string_view text);

}  // namespace waltrack
