#pragma once

#include <span>
#include <string_view>

struct sqlite3;

namespace waltrack {

// date_trunc(unit, t) and iso8601(t[, unit]). See docs/mappings.md.
void add_time_functions(sqlite3* db);

// The units that date_trunc and iso8601 know.
std::span<const std::string_view> truncation_units();
std::span<const std::string_view> epoch_units();

// Makes SQLite's modifiers 'localtime' and 'utc' fail in the whole process, since what they give
// depends on the machine's time zone.
void refuse_local_time();

}  // namespace waltrack
