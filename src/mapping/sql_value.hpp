#pragma once

#include <cstddef>
#include <sqlite3.h>
#include <string_view>
#include <utility>

namespace waltrack {

// What SQL functions take and give. Errors are fixed words: a value never goes into one.

// Marks a result as true or false, beside SQLite's own 'J' for JSON.
inline constexpr unsigned kBooleanSubtype = 'B';

// The value as text (numbers as SQLite writes them, a blob's bytes as they are), good until the
// function returns. Empty for null, and when memory is out.
std::string_view text_of(sqlite3_value* value);
bool is_null(sqlite3_value* value);
bool is_text(sqlite3_value* value);
bool is_number(sqlite3_value* value);

// What a text or blob may be long on this connection, in bytes.
size_t length_limit(sqlite3_context* context);

// A copy of the text, or the error of one that is too long.
void give_text(sqlite3_context* context, std::string_view text);
void give_truth(sqlite3_context* context, bool value);
void give_too_long(sqlite3_context* context);
void give_error(sqlite3_context* context, const char* fixed_words);

using SqlFunction = void (*)(sqlite3_context*, int, sqlite3_value**);

// A function that gives the same for the same arguments.
void add_function(sqlite3* db, const char* name, int arguments, SqlFunction function);

// One that keeps a State between its calls on this connection.
template <typename State>
void add_function(sqlite3* db, const char* name, int arguments, SqlFunction function,
                  State state = State()) {
  sqlite3_create_function_v2(db, name, arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                             new State(std::move(state)), function, nullptr, nullptr,
                             [](void* state) { delete static_cast<State*>(state); });
}
template <typename State>
State& state_of(sqlite3_context* context) {
  return *static_cast<State*>(sqlite3_user_data(context));
}

}  // namespace waltrack
