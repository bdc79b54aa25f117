#pragma once

struct sqlite3;

namespace waltrack {

// contains(array, x): whether the JSON text of an array has the value among its items, as true or
// false; and SQLite's json_patch(), with a limit. See docs/mappings.md.
void add_json_functions(sqlite3* db);

}  // namespace waltrack
