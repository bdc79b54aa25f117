#pragma once

struct sqlite3;

namespace waltrack {

// trim, ltrim and rtrim in place of SQLite's own, which take time in proportion to the text times
// the characters to be taken off; else they are SQLite's.
void add_trim_functions(sqlite3* db);

}  // namespace waltrack
