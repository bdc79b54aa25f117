#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/compiled_rule.hpp"
#include "mapping/condition.hpp"
#include "mapping/expression_checker.hpp"
#include "mapping/mapping_file.hpp"
#include "mapping/sql_database.hpp"
#include "model/message_id.hpp"
#include "model/table.hpp"

namespace waltrack {

// The compiled rules of one table. Sources index into `table`.
struct TablePlan {
  explicit TablePlan(Table compiled_for) : table(std::move(compiled_for)) {}

  Table table;
  std::vector<uint32_t> used_columns;  // ascending
  std::vector<std::unique_ptr<Condition>> conditions;
  std::vector<std::unique_ptr<CompiledRule>> rules;  // in the order in which they run
};

// Compiles the mappings of one table, and finds everything in them that does not fit its columns.
// What it makes belongs to `plan` and runs on `database`; both must outlive it, as must the
// mappings.
class RuleCompiler {
 public:
  RuleCompiler(TablePlan& plan, SqlDatabase& database, const MessageIdentity& identity,
               Diagnostics& diagnostics);

  // Rules with faults are told and left out of the plan.
  void add(const TableMapping& mapping);

 private:
  struct Draft;

  void add_call(const CallSpec& call, const CallSettings& defaults);
  void compile_user(Draft& draft, const CallSpec& call, const CallSettings& defaults);
  void compile_event(Draft& draft, const CallSpec& call, const CallSettings& defaults);
  void claim_id(const CallSpec& call);
  Condition* condition(const ValueSpec& spec, const OpSet& ops);
  std::unique_ptr<Condition> source_condition(const ValueSpec& spec, Source source);
  CallInput input(Draft& draft, const std::optional<ValueSpec>& spec, std::string name);
  ValueTemplate value(Draft& draft, const ValueSpec& spec, std::string name);
  ValueTemplate sql(Draft& draft, const ValueSpec& spec, std::string name, ResultForm form);
  ValueTemplate object(Draft& draft, const ValueSpec& spec, const std::string& name);
  ValueTemplate list(Draft& draft, const ValueSpec& spec, const std::string& name);
  // The single column that the text names, or nothing: then it is SQL, or faulty (`told`).
  std::optional<Source> source(const SqlText& text, const OpSet& ops, bool& told);
  std::optional<Expression> expression(const SqlText& text, const OpSet& ops, std::string name,
                                       ResultForm form);
  void note_read(Source source, const OpSet& ops, const SourcePlace& place);

  TablePlan& plan_;
  SqlDatabase& database_;
  const MessageIdentity& identity_;
  Diagnostics& diagnostics_;
  ExpressionChecker checker_;
  std::map<const ValueSpec*, Condition*> shared_conditions_;
  std::map<std::string, SourcePlace> ids_;
};

}  // namespace waltrack
