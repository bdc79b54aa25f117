#include "mapping/sql_value.hpp"

namespace waltrack {

std::string_view text_of(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (text == nullptr) return {};
  return {text, static_cast<size_t>(sqlite3_value_bytes(value))};
}

bool is_null(sqlite3_value* value) {
  return sqlite3_value_type(value) == SQLITE_NULL;
}

bool is_text(sqlite3_value* value) {
  return sqlite3_value_type(value) == SQLITE_TEXT;
}

bool is_number(sqlite3_value* value) {
  int type = sqlite3_value_type(value);
  return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

size_t length_limit(sqlite3_context* context) {
  return static_cast<size_t>(
      sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1));
}

void give_text(sqlite3_context* context, std::string_view text) {
  // A null pointer would be null.
  sqlite3_result_text64(context, text.data() == nullptr ? "" : text.data(), text.size(),
                        SQLITE_TRANSIENT, SQLITE_UTF8);
}

void give_truth(sqlite3_context* context, bool value) {
  sqlite3_result_int(context, value ? 1 : 0);
  sqlite3_result_subtype(context, kBooleanSubtype);
}

void give_too_long(sqlite3_context* context) {
  sqlite3_result_error_toobig(context);
}

void give_error(sqlite3_context* context, const char* fixed_words) {
  sqlite3_result_error(context, fixed_words, -1);
}

void add_function(sqlite3* db, const char* name, int arguments, SqlFunction function) {
  sqlite3_create_function_v2(db, name, arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                             function, nullptr, nullptr, nullptr);
}

}  // namespace waltrack
