#pragma once

#include <cstdint>
#include <string_view>

#include "base/diagnostic.hpp"
#include "mapping/expression_checker.hpp"
#include "mapping/result_json.hpp"
#include "mapping/sql_text.hpp"
#include "model/table.hpp"

namespace waltrack {

// What an expression is there for.
enum class ExpressionRole : uint8_t {
  value,
  typed_value,  // with a $type, or a whole body
  condition,
  id,
  time,
};

// By the form of its result and the name that people know it by ("when", "user_id", …).
ExpressionRole expression_role(ResultForm form, std::string_view name);

// Warns of what is good SQL and most likely not what was meant: results that are null where a
// column is, comparisons that are never true, a text that should be a column. Each at its place in
// the expression, with what to write instead. The same warning is told once.
void lint_expression(const SqlText& sql, const Table& table, ExpressionRole role,
                     const CheckedExpression& checked, Diagnostics& diagnostics);

}  // namespace waltrack
