#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/compiled_rule.hpp"
#include "mapping/expression_checker.hpp"
#include "mapping/value_spec.hpp"
#include "mapping/value_template.hpp"

namespace waltrack {

// A column that a rule reads, and where.
struct ColumnRead {
  enum class Use : uint8_t {
    bare,        // the column by its name alone
    listed,      // by $columns
    expression,  // in an expression
    truth,       // in an expression that gives true or false only
  };

  Source source;  // of the scopes row, old and changed
  SourcePlace place;
  Use use = Use::bare;
  bool hashed = false;    // by $hash
  bool any = false;       // it is one of all columns: the rule can do without it
  bool decisive = false;  // it decides about the event
};

// Compiles the values of one rule: finds their columns, has their expressions checked, gathers
// both. What is wrong goes to `diagnostics`. All that the constructor takes must outlive it.
class ValueCompiler {
 public:
  ValueCompiler(const Table& table, const OpSet& ops, ExpressionChecker& checker,
                Diagnostics& diagnostics)
      : table_(table), ops_(ops), checker_(checker), diagnostics_(diagnostics) {}

  // `name` is the value's for people ("traits.email"); its fields and items add theirs.
  ValueTemplate value(const ValueSpec& spec, std::string name);
  // An SQL value in a form of the caller's choice.
  ValueTemplate sql(const ValueSpec& spec, std::string name, ResultForm form);
  ValueTemplate object(const ValueSpec& spec, const std::string& name);
  // A value that is bare text; none, or a literal null or '', gives Kind::none.
  CallInput input(const std::optional<ValueSpec>& spec, std::string name);

  // The single column that the text names, or nothing: then it is SQL, or faulty (`told`).
  std::optional<Source> source(const SqlText& text, bool& told);
  std::optional<Expression> expression(const SqlText& text, std::string name, ResultForm form);

  // While true, what is read decides about the event (when, ids): it cannot be done without.
  void set_decisive(bool decisive) { decisive_ = decisive; }

  std::vector<Expression> take_expressions() { return std::move(expressions_); }
  const std::vector<ColumnRead>& reads() const { return reads_; }
  void forget_reads() { reads_.clear(); }

 private:
  ValueTemplate list(const ValueSpec& spec, const std::string& name);
  void add_columns(const ColumnsSpec& spec, const std::vector<ValueSpec::Field>& own,
                   const std::string& name, ValueTemplate& object);
  std::vector<uint32_t> chosen_columns(const ColumnsSpec& spec);
  std::optional<uint32_t> find_column(const ColumnsSpec::Name& name);
  void check_text_modifiers(const ValueSpec& spec, Source source);
  void note_read(Source source, const SourcePlace& place, ColumnRead::Use use);
  void check_old_value(const Column& column, Scope scope, const SourcePlace& place);

  const Table& table_;
  const OpSet& ops_;
  ExpressionChecker& checker_;
  Diagnostics& diagnostics_;
  bool decisive_ = false;
  std::vector<Expression> expressions_;
  std::vector<ColumnRead> reads_;
};

// What makes the server tell the whole old row: a statement of Postgres, without its semicolon.
std::string full_identity_sql(const Table& table);

// `"name":`
std::string json_key(const std::string& name);

}  // namespace waltrack
