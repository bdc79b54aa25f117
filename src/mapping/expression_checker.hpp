#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/mapping_file.hpp"
#include "mapping/row_view.hpp"
#include "mapping/sql_database.hpp"
#include "mapping/sql_text.hpp"
#include "mapping/sql_tokens.hpp"
#include "model/table.hpp"

namespace waltrack {

struct CheckedExpression {
  std::vector<Source> reads;  // each once
  bool truth = false;         // its 1 and 0 mean true and false
};

// Checks expressions over the rows of one table without running them: SQLite prepares each alone,
// as `where (expression)`, against empty tables that stand for the scopes, and its authorizer tells
// what is read. Belongs to one thread; the table must outlive it.
class ExpressionChecker {
 public:
  explicit ExpressionChecker(const Table& table);

  // `ops` are those of the rule, which decide on the scopes: without a row (truncate) there is only
  // `event.`, where a row may be a deleted one there is no `new.` and no `changed.`. A fault gives
  // nothing and is told with its place in the expression.
  std::optional<CheckedExpression> check(const SqlText& sql, const OpSet& ops,
                                         Diagnostics& diagnostics);

  // A scalar that is a single column or event field, by itself or behind its scope, which never
  // needs SQL. Nothing when it is not. A scope that `ops` rule out, or a name that could be several
  // columns, goes to `fault`, and nothing is returned.
  std::optional<Source> resolve(std::string_view text, const OpSet& ops,
                                std::optional<SqlFault>& fault) const;

 private:
  bool is_ambiguous(std::string_view column) const;
  std::optional<Source> resolve_column(std::string_view name, bool quoted, Scope scope,
                                       std::optional<SqlFault>& fault) const;
  std::string wrap(const std::string& expression, const OpSet& ops, size_t& offset) const;
  std::optional<SqlFault> prepare(const SqlText& sql, const SqlTokens& tokens, const OpSet& ops);
  SqlFault explain(std::string_view message, const SqlTokens& tokens, const OpSet& ops) const;
  SqlFault explain_column(std::string_view name, const SqlTokens& tokens, const OpSet& ops) const;
  std::optional<SqlFault> collect(const SqlTokens& tokens, CheckedExpression& checked) const;

  const Table& table_;
  std::vector<std::string> columns_;
  SqlDatabase database_;
};

}  // namespace waltrack
