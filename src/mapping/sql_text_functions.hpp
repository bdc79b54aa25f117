#pragma once

struct sqlite3;

namespace waltrack {

// concat(…), split_part(text, delimiter, n), sha256(x), and in place of SQLite's own: lower(x) and
// upper(x), which know all of Unicode, and instr(x, y) and replace(x, y, z), whose time grows with
// the length of the texts, not with its square. See docs/mappings.md.
void add_text_functions(sqlite3* db);

}  // namespace waltrack
