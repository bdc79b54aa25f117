#pragma once

#include <span>
#include <string_view>

struct sqlite3;

namespace waltrack {

// The names that expressions may call: functions of SQLite that give the same for the same row, and
// ours.
std::span<const std::string_view> allowed_functions();

// Registers all of ours that need nothing but their arguments.
void add_functions(sqlite3* db);

}  // namespace waltrack
