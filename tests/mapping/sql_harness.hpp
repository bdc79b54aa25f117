#pragma once

#include <array>
#include <sqlite3.h>
#include <string>
#include <string_view>

#include "mapping/sql_database.hpp"

namespace waltrack {

// What an expression over no row gives: its JSON, or "! " and why it failed.
inline std::string evaluate(std::string_view sql, SqlDatabase& database) {
  std::string statement = "select emit(0, (\n" + std::string(sql) + "\n))";
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(database.handle(), statement.data(), static_cast<int>(statement.size()),
                         &prepared, nullptr) != SQLITE_OK) {
    return std::string("! ") + sqlite3_errmsg(database.handle());
  }
  std::string out;
  constexpr std::array kForms = {ResultForm::automatic};
  std::array<EmitTarget::Slot, 1> slots;
  EmitTarget target{kForms, slots, &out};
  const char* failure = database.run(prepared, target);
  if (failure != nullptr) out = std::string("! ") + failure;
  sqlite3_finalize(prepared);
  return out;
}

inline std::string evaluate(std::string_view sql, const ExpressionLimits& limits = {}) {
  SqlDatabase database(SqlDatabase::Use::run, limits);
  return evaluate(sql, database);
}

struct SqlCase {
  const char* sql;
  const char* expected;  // JSON, or "! " and the failure
};

inline void PrintTo(const SqlCase& one, std::ostream* out) {
  *out << one.sql;
}

}  // namespace waltrack
