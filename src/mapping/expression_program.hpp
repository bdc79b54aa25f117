#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/row_view.hpp"
#include "mapping/sql_database.hpp"
#include "model/table.hpp"

struct sqlite3_stmt;

namespace waltrack {

// One checked expression of a rule.
struct Expression {
  std::string sql;
  ResultForm form = ResultForm::automatic;
  std::string name;  // for people: "properties.fee"
  SourcePlace place;
  std::vector<Source> reads;
};

// The expressions of a rule as one prepared statement: `select emit(…)` over the values of the row,
// of which only those that are read are bound. A row with an unavailable value goes through a
// statement for each expression, and those that read one are left out. Belongs to the thread of its
// database, which must outlive it.
class ExpressionProgram {
 public:
  enum class State : uint8_t { present, null, unavailable };

  // Throws an Error when SQLite does not take the statement (checked expressions: only when all of
  // them together are too much).
  ExpressionProgram(SqlDatabase& database, const Table& table, std::vector<Expression> expressions);
  ~ExpressionProgram();
  ExpressionProgram(const ExpressionProgram&) = delete;
  ExpressionProgram& operator=(const ExpressionProgram&) = delete;

  // Evaluates all expressions for a row. False when one failed: failure() says which and why,
  // without any value. Results hold until the next run.
  bool run(const RowView& row);
  const std::string& failure() const { return failure_; }

  State state(size_t expression) const;
  std::string_view text(size_t expression) const;  // in the expression's form

  const Expression& expression(size_t index) const { return expressions_[index]; }
  // The first value that the expression reads and the row does not have.
  const Source* first_unavailable(size_t expression, const RowView& row) const;

 private:
  struct Statement;

  std::unique_ptr<Statement> prepare(size_t first, size_t count) const;
  const char* run(Statement& statement, const RowView& row);
  bool run_each(const RowView& row, bool all_available);

  SqlDatabase& database_;
  const Table& table_;
  std::vector<Expression> expressions_;
  std::vector<ResultForm> forms_;
  std::vector<EmitTarget::Slot> slots_;
  std::string out_;
  std::string failure_;
  std::unique_ptr<Statement> together_;
  std::vector<std::unique_ptr<Statement>> alone_;  // made when first needed
};

}  // namespace waltrack
