#pragma once

struct sqlite3;

namespace waltrack {

// printf(format, …) and format(format, …) in place of SQLite's own, which give null without a word
// when the result is too long: here that fails. So does a conversion that is not known. Else they
// are SQLite's. See docs/mappings.md.
void add_format_functions(sqlite3* db);

}  // namespace waltrack
