#include "mapping/rule_compiler.hpp"

#include <algorithm>
#include <span>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "mapping/rule_lints.hpp"
#include "mapping/timestamp_text.hpp"

namespace waltrack {
namespace {

const std::optional<ValueSpec>& own_or_default(const std::optional<ValueSpec>& own,
                                               const std::optional<ValueSpec>& otherwise) {
  return own ? own : otherwise;
}

bool has_field(const ValueTemplate& object, std::string_view name) {
  return std::ranges::any_of(object.fields,
                             [&](const ValueTemplate::Field& field) { return field.name == name; });
}

void insert_sorted(std::vector<uint32_t>& list, uint32_t value) {
  auto at = std::lower_bound(list.begin(), list.end(), value);
  if (at == list.end() || *at != value) list.insert(at, value);
}

}  // namespace

RuleCompiler::RuleCompiler(TablePlan& plan, SqlDatabase& database, const MessageIdentity& identity,
                           Diagnostics& diagnostics)
    : plan_(plan),
      database_(database),
      identity_(identity),
      diagnostics_(diagnostics),
      checker_(plan.table) {}

void RuleCompiler::add(const MappingDocument& document) {
  lint_acknowledged(document, plan_.table, diagnostics_);
  for (const CallSpec& call : document.calls)
    add_call(call, document);
}

void RuleCompiler::add_call(const CallSpec& call, const MappingDocument& document) {
  const int errors = diagnostics_.error_count();
  auto compiled = std::make_unique<CompiledRule>();
  CompiledRule& rule = *compiled;
  rule.type = call.type;
  rule.ops = call.ops;
  rule.rule.table = plan_.table.full_name();
  rule.rule.id = call.rule_id;
  rule.rule.key = identity_.rule_key(rule.rule.table, rule.rule.id);
  rule.rule.place = call.place;
  rule.rule.shadow = document.shadow || call.shadow;
  claim_id(call);
  ValueCompiler values(plan_.table, call.ops, checker_, diagnostics_);
  compile_conditions(rule, values, call, document.defaults);
  use_columns(values);
  values.forget_reads();
  values.set_decisive(true);
  compile_user(rule, values, call, document.defaults);
  compile_parts(rule, values, call);
  values.set_decisive(false);
  compile_body(rule, values, call);
  compile_context(rule, values, call, document.defaults);
  compile_comparison(rule, values, call);
  compile_time(rule, values, call, document.defaults);
  use_columns(values);
  note_columns(rule, values);
  if (diagnostics_.error_count() > errors) return;
  lint_rule({document, call, rule, plan_.table, values.reads()}, diagnostics_);
  if (diagnostics_.error_count() > errors || !compile_program(rule, values)) return;
  plan_.rules.push_back(std::move(compiled));
}

void RuleCompiler::claim_id(const CallSpec& call) {
  // Without its event, which is told, it has no name to claim.
  if (call.type == CallType::track && !call.name) return;
  auto [claimed, fresh] = ids_.emplace(call.rule_id, call.place);
  if (fresh) return;
  diagnostics_.error(call.place,
                     "another rule of " + plan_.table.full_name() + " is '" + call.rule_id +
                         "' already, at " + claimed->second.text(),
                     "give one of them an id: of its own");
}

void RuleCompiler::use_columns(const ValueCompiler& values) {
  for (const ColumnRead& read : values.reads()) {
    insert_sorted(plan_.used_columns, read.source.index);
    if (plan_.table.columns[read.source.index].generated != Generated::no) {
      plan_.generated.push_back(read);
    }
  }
}

void RuleCompiler::note_columns(CompiledRule& rule, const ValueCompiler& values) {
  for (const ColumnRead& read : values.reads()) {
    insert_sorted(rule.reads, read.source.index);
    if (!read.any) insert_sorted(rule.needs, read.source.index);
  }
  for (const Condition* condition : rule.conditions) {
    for (const Source& read : condition->reads()) {
      if (read.scope == Scope::event) continue;
      insert_sorted(rule.reads, read.index);
      insert_sorted(rule.needs, read.index);
    }
  }
}

bool RuleCompiler::compile_program(CompiledRule& rule, ValueCompiler& values) {
  std::vector<Expression> expressions = values.take_expressions();
  if (expressions.empty()) return true;
  try {
    rule.program =
        std::make_unique<ExpressionProgram>(database_, plan_.table, std::move(expressions));
    return true;
  } catch (const Error& error) {
    diagnostics_.error(rule.rule.place, error.what(), error.hint());
    return false;
  }
}

void RuleCompiler::compile_conditions(CompiledRule& rule, ValueCompiler& values,
                                      const CallSpec& call, const CallSettings& defaults) {
  values.set_decisive(true);
  for (const std::optional<ValueSpec>* when : {&defaults.when, &call.settings.when}) {
    if (!*when) continue;
    if (Condition* found = condition(values, **when)) rule.conditions.push_back(found);
  }
}

void RuleCompiler::compile_user(CompiledRule& rule, ValueCompiler& values, const CallSpec& call,
                                const CallSettings& defaults) {
  const int errors = diagnostics_.error_count();
  const size_t reads = values.reads().size();
  const CallSettings& own = call.settings;
  rule.user_id = values.input(own_or_default(own.user_id, defaults.user_id), "user_id");
  // An alias has no anonymous user: previous_id is who it was.
  if (call.type != CallType::alias) {
    rule.anonymous_id =
        values.input(own_or_default(own.anonymous_id, defaults.anonymous_id), "anonymous_id");
  }
  for (const ColumnRead& read : std::span(values.reads()).subspan(reads)) {
    if (read.source.scope == Scope::row) insert_sorted(rule.identity, read.source.index);
  }
  const bool nobody =
      rule.user_id.kind == CallInput::Kind::none && rule.anonymous_id.kind == CallInput::Kind::none;
  if (!nobody || errors != diagnostics_.error_count()) return;
  if (call.type == CallType::alias) {
    diagnostics_.error(call.place, "an alias without a user_id: who is the user now?",
                       "add user_id: to the call, or to the document for all its calls");
  } else {
    diagnostics_.error(call.place, "whose event is this? There is no user_id and no anonymous_id",
                       "add one to the call, or to the document for all its calls");
  }
}

void RuleCompiler::compile_time(CompiledRule& rule, ValueCompiler& values, const CallSpec& call,
                                const CallSettings& defaults) {
  const std::optional<ValueSpec>& timestamp =
      own_or_default(call.settings.timestamp, defaults.timestamp);
  rule.timestamp = values.input(timestamp, "timestamp");
  if (rule.timestamp.kind == CallInput::Kind::fixed && !parse_call_time(rule.timestamp.fixed)) {
    diagnostics_.error(timestamp->place, "timestamp takes a date and time",
                       "name a column, or write one as in '2026-11-23T12:37:33Z'");
  }
}

void RuleCompiler::compile_parts(CompiledRule& rule, ValueCompiler& values, const CallSpec& call) {
  const auto part = [&](const std::optional<ValueSpec>& spec, std::string name, std::string key,
                        const char* needed) {
    if (!spec) return;
    CallPart made{values.input(spec, std::move(name)), "," + json_key(key), needed, {}};
    if (made.input.kind == CallInput::Kind::none && needed != nullptr) {
      diagnostics_.error(spec->place, made.input.name + " is empty: no event would be sent");
    }
    if (made.input.kind == CallInput::Kind::fixed) {
      rule.body_prefix += made.prefix;
      append_json_string(rule.body_prefix, made.input.fixed);
    } else if (made.input.kind != CallInput::Kind::none) {
      rule.parts.push_back(std::move(made));
    }
  };
  rule.opening = R"({"type":")" + std::string(call_name(call.type)) + R"(","messageId":")";
  part(call.group_id, "group_id", "groupId", "no_group");
  part(call.previous_id, "previous_id", "previousId", "no_previous_id");
  const bool track = call.type == CallType::track;
  part(call.name, track ? "event" : "name", track ? "event" : "name", track ? "no_event" : nullptr);
  part(call.category, "category", "category", nullptr);
  rule.row_names = call.name && !call.name->is_literal();
  if (call.name && call.name->is_literal()) rule.fixed_name = call.name->text;
}

void RuleCompiler::compile_body(CompiledRule& rule, ValueCompiler& values, const CallSpec& call) {
  const std::string key(call.body_key());
  rule.has_body = !key.empty();
  if (!rule.has_body) return;
  rule.body_prefix += "," + json_key(key);
  rule.body.fixed = "{}";
  rule.body.type = {JsonType::object, false};
  if (!call.body) return;
  const bool sql = call.body->kind == ValueSpec::Kind::sql;
  rule.body = sql ? values.sql(*call.body, key, ResultForm::object) : values.value(*call.body, key);
  rule.body.type.json = JsonType::object;
}

void RuleCompiler::compile_context(CompiledRule& rule, ValueCompiler& values, const CallSpec& call,
                                   const CallSettings& defaults) {
  const auto& context = own_or_default(call.settings.context, defaults.context);
  rule.context.kind = ValueTemplate::Kind::object;
  if (context) rule.context = values.object(*context, "context");
  rule.context_prefix =
      R"(,"context":{"library":{"name":"waltrack","version":")" WALTRACK_VERSION R"("},)";
  rule.library_size = rule.context_prefix.size();
  if (!has_field(rule.context, "channel")) rule.context_prefix += R"("channel":"server",)";
  rule.tells_active = has_field(rule.context, "active");
  if (context && context->columns && has_field(rule.context, "library")) {
    diagnostics_.error(context->columns->place, "context.library is always waltrack's own",
                       "leave that column out: $except: library");
  }
  const auto& integrations = own_or_default(call.settings.integrations, defaults.integrations);
  rule.has_integrations = integrations.has_value();
  if (integrations) rule.integrations = values.value(*integrations, "integrations");
}

// `values` has read everything that the event says but its time.
void RuleCompiler::compile_comparison(CompiledRule& rule, const ValueCompiler& values,
                                      const CallSpec& call) {
  const bool describes = call.type == CallType::identify || call.type == CallType::group;
  rule.compares = describes && std::all_of(values.reads().begin(), values.reads().end(),
                                           [](const ColumnRead& read) {
                                             return read.source.scope == Scope::row;
                                           });
  rule.only_changed = call.only_changed;
  for (const ColumnRead& read : values.reads())
    insert_sorted(rule.watched, read.source.index);
  for (const Condition* condition : rule.conditions) {
    if (!condition->is_of_row_alone()) continue;
    for (const Source& read : condition->reads())
      insert_sorted(rule.watched, read.index);
  }
  if (!call.only_changed) return;
  if (!rule.compares) {
    diagnostics_.error(call.place, "only_changed compares with the old row, which this call reads",
                       "leave old. and changed. out of its values, or leave out only_changed");
  } else if (rule.body.kind != ValueTemplate::Kind::object) {
    diagnostics_.error(call.place, "only_changed needs traits that are a map of values");
  } else if (plan_.table.replica_identity != ReplicaIdentity::full) {
    const std::string sql = full_identity_sql(plan_.table);
    diagnostics_.add({Severity::warning,
                      call.place,
                      "the server does not send the old row of " + plan_.table.full_name() +
                          ": only_changed sends all traits",
                      "run: " + sql,
                      {sql}});
  }
}

Condition* RuleCompiler::condition(ValueCompiler& values, const ValueSpec& spec) {
  std::unique_ptr<Condition> made;
  if (spec.is_literal()) {
    made = std::make_unique<Condition>(Condition::constant(spec.json == "true"));
  } else {
    made = sql_condition(values, spec);
  }
  if (!made) return nullptr;
  Condition*& shared = shared_conditions_[&spec];
  if (shared == nullptr) {
    shared = made.get();
    plan_.conditions.push_back(std::move(made));
  }
  return shared;
}

std::unique_ptr<Condition> RuleCompiler::sql_condition(ValueCompiler& values,
                                                       const ValueSpec& spec) {
  bool told = false;
  std::optional<Source> column = values.source(spec.sql, told);
  if (told) return nullptr;
  if (column) return source_condition(spec, *column);
  auto checked = values.expression(spec.sql, "when", ResultForm::condition);
  if (!checked) return nullptr;
  std::vector<Expression> one;
  one.push_back(std::move(*checked));
  try {
    return std::make_unique<Condition>(Condition::of_expression(
        std::make_unique<ExpressionProgram>(database_, plan_.table, std::move(one))));
  } catch (const Error& error) {
    diagnostics_.error(spec.place, error.what(), error.hint());
    return nullptr;
  }
}

std::unique_ptr<Condition> RuleCompiler::source_condition(const ValueSpec& spec, Source source) {
  bool truth = source.scope == Scope::changed;
  std::string type = "text";
  if (source.scope == Scope::row || source.scope == Scope::old) {
    const ColumnType& column = plan_.table.columns[source.index].type;
    truth = column.kind == ValueKind::boolean;
    type = column.name;
  }
  if (truth) return std::make_unique<Condition>(Condition::of_source(source));
  diagnostics_.error(spec.place, "when takes a condition, '" + spec.sql.text + "' is " + type,
                     "compare it with something, as in: " + spec.sql.text + " is not null");
  return nullptr;
}

}  // namespace waltrack
