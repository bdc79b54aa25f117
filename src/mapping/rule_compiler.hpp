#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/compiled_rule.hpp"
#include "mapping/condition.hpp"
#include "mapping/expression_checker.hpp"
#include "mapping/mapping_file.hpp"
#include "mapping/sql_database.hpp"
#include "mapping/value_compiler.hpp"
#include "model/message_id.hpp"
#include "model/table.hpp"

namespace waltrack {

// The compiled rules of one table. Sources index into `table`.
struct TablePlan {
  explicit TablePlan(Table compiled_for) : table(std::move(compiled_for)) {}

  Table table;
  std::vector<uint32_t> used_columns;  // ascending
  std::vector<ColumnRead> generated;   // reads of generated columns
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
  void add(const MappingDocument& document);

 private:
  void add_call(const CallSpec& call, const MappingDocument& document);
  void claim_id(const CallSpec& call);
  void compile_conditions(CompiledRule& rule, ValueCompiler& values, const CallSpec& call,
                          const CallSettings& defaults);
  void compile_user(CompiledRule& rule, ValueCompiler& values, const CallSpec& call,
                    const CallSettings& defaults);
  void compile_time(CompiledRule& rule, ValueCompiler& values, const CallSpec& call,
                    const CallSettings& defaults);
  void compile_parts(CompiledRule& rule, ValueCompiler& values, const CallSpec& call);
  void compile_body(CompiledRule& rule, ValueCompiler& values, const CallSpec& call);
  void compile_context(CompiledRule& rule, ValueCompiler& values, const CallSpec& call,
                       const CallSettings& defaults);
  void compile_comparison(CompiledRule& rule, const ValueCompiler& values, const CallSpec& call);
  void use_columns(const ValueCompiler& values);
  static void note_columns(CompiledRule& rule, const ValueCompiler& values);
  bool compile_program(CompiledRule& rule, ValueCompiler& values);
  Condition* condition(ValueCompiler& values, const ValueSpec& spec);
  std::unique_ptr<Condition> source_condition(const ValueSpec& spec, Source source);
  std::unique_ptr<Condition> sql_condition(ValueCompiler& values, const ValueSpec& spec);

  TablePlan& plan_;
  SqlDatabase& database_;
  const MessageIdentity& identity_;
  Diagnostics& diagnostics_;
  ExpressionChecker checker_;
  std::map<const ValueSpec*, Condition*> shared_conditions_;
  std::map<std::string, SourcePlace> ids_;
};

}  // namespace waltrack
