#include "mapping/rule_compiler.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "mapping/expression_lints.hpp"

namespace waltrack {
namespace {

const std::optional<ValueSpec>& own_or_default(const std::optional<ValueSpec>& own,
                                               const std::optional<ValueSpec>& otherwise) {
  return own ? own : otherwise;
}

std::string json_key(const std::string& name) {
  std::string prefix;
  append_json_string(prefix, name);
  prefix += ':';
  return prefix;
}

bool names_channel(const std::optional<ValueSpec>& context) {
  return context && std::any_of(context->fields.begin(), context->fields.end(),
                                [](const auto& field) { return field.name == "channel"; });
}

std::string context_prefix(const std::optional<ValueSpec>& context) {
  std::string prefix =
      R"(,"context":{"library":{"name":"waltrack","version":")" WALTRACK_VERSION R"("},)";
  if (!names_channel(context)) prefix += R"("channel":"server",)";
  return prefix;
}

}  // namespace

// A rule on its way, with the expressions that its parts have gathered.
struct RuleCompiler::Draft {
  std::unique_ptr<CompiledRule> rule = std::make_unique<CompiledRule>();
  std::vector<Expression> expressions;
};

RuleCompiler::RuleCompiler(TablePlan& plan, SqlDatabase& database, const MessageIdentity& identity,
                           Diagnostics& diagnostics)
    : plan_(plan),
      database_(database),
      identity_(identity),
      diagnostics_(diagnostics),
      checker_(plan.table) {}

void RuleCompiler::add(const TableMapping& mapping) {
  for (const CallSpec& call : mapping.calls)
    add_call(call, mapping.defaults);
}

void RuleCompiler::add_call(const CallSpec& call, const CallSettings& defaults) {
  int errors = diagnostics_.error_count();
  Draft draft;
  CompiledRule& rule = *draft.rule;
  rule.ops = call.ops;
  rule.rule.table = plan_.table.full_name();
  rule.rule.id = call.rule_id;
  rule.rule.key = identity_.rule_key(rule.rule.table, rule.rule.id);
  rule.rule.place = call.place;
  claim_id(call);
  for (const std::optional<ValueSpec>* when : {&defaults.when, &call.settings.when}) {
    if (!*when) continue;
    if (Condition* found = condition(**when, call.ops)) rule.conditions.push_back(found);
  }
  compile_user(draft, call, defaults);
  compile_event(draft, call, defaults);
  if (diagnostics_.error_count() > errors) return;
  if (!draft.expressions.empty()) {
    try {
      rule.program =
          std::make_unique<ExpressionProgram>(database_, plan_.table, std::move(draft.expressions));
    } catch (const Error& error) {
      diagnostics_.error(call.place, error.what(), error.hint());
      return;
    }
  }
  plan_.rules.push_back(std::move(draft.rule));
}

void RuleCompiler::claim_id(const CallSpec& call) {
  auto [claimed, fresh] = ids_.emplace(call.rule_id, call.place);
  if (fresh) return;
  diagnostics_.error(call.place,
                     "another rule of " + plan_.table.full_name() + " is '" + call.rule_id +
                         "' already, at " + claimed->second.text(),
                     "give one of them an id: of its own");
}

void RuleCompiler::compile_user(Draft& draft, const CallSpec& call, const CallSettings& defaults) {
  CompiledRule& rule = *draft.rule;
  int errors = diagnostics_.error_count();
  const CallSettings& own = call.settings;
  rule.user_id = input(draft, own_or_default(own.user_id, defaults.user_id), "user_id");
  rule.anonymous_id =
      input(draft, own_or_default(own.anonymous_id, defaults.anonymous_id), "anonymous_id");
  const std::optional<ValueSpec>& timestamp = own_or_default(own.timestamp, defaults.timestamp);
  rule.timestamp = input(draft, timestamp, "timestamp");
  if (rule.timestamp.kind == CallInput::Kind::fixed && !parse_call_time(rule.timestamp.fixed)) {
    diagnostics_.error(timestamp->place, "timestamp takes a date and time",
                       "name a column, or write one as in '2026-11-23T12:37:33Z'");
  }
  bool nobody =
      rule.user_id.kind == CallInput::Kind::none && rule.anonymous_id.kind == CallInput::Kind::none;
  if (nobody && errors == diagnostics_.error_count()) {
    diagnostics_.error(call.place, "whose event is this? There is no user_id and no anonymous_id",
                       "add one to the call, or to the document for all its calls");
  }
}

void RuleCompiler::compile_event(Draft& draft, const CallSpec& call, const CallSettings& defaults) {
  CompiledRule& rule = *draft.rule;
  bool identify = call.type == CallType::identify;
  rule.opening =
      identify ? R"({"type":"identify","messageId":")" : R"({"type":"track","messageId":")";
  if (!identify) {
    rule.body_prefix = ",\"event\":";
    append_json_string(rule.body_prefix, call.event);
  }
  std::string body_key(call.body_key());
  rule.body_prefix += "," + json_key(body_key);
  rule.body.fixed = "{}";
  if (call.body && call.body->kind == ValueSpec::Kind::sql) {
    rule.body = sql(draft, *call.body, body_key, ResultForm::object);
  } else if (call.body) {
    rule.body = value(draft, *call.body, body_key);
  }
  const auto& context = own_or_default(call.settings.context, defaults.context);
  rule.context_prefix = context_prefix(context);
  rule.context.kind = ValueTemplate::Kind::object;
  if (context) rule.context = object(draft, *context, "context");
  const auto& integrations = own_or_default(call.settings.integrations, defaults.integrations);
  rule.has_integrations = integrations.has_value();
  if (integrations) rule.integrations = value(draft, *integrations, "integrations");
}

Condition* RuleCompiler::condition(const ValueSpec& spec, const OpSet& ops) {
  std::unique_ptr<Condition> made;
  if (spec.is_literal()) {
    made = std::make_unique<Condition>(Condition::constant(spec.json == "true"));
  } else {
    bool told = false;
    std::optional<Source> column = source(spec.sql, ops, told);
    if (told) return nullptr;
    if (column) {
      made = source_condition(spec, *column);
    } else if (auto checked = expression(spec.sql, ops, "when", ResultForm::condition)) {
      std::vector<Expression> one;
      one.push_back(std::move(*checked));
      try {
        made = std::make_unique<Condition>(Condition::of_expression(
            std::make_unique<ExpressionProgram>(database_, plan_.table, std::move(one))));
      } catch (const Error& error) {
        diagnostics_.error(spec.place, error.what(), error.hint());
      }
    }
  }
  if (!made) return nullptr;
  Condition*& shared = shared_conditions_[&spec];
  if (shared == nullptr) {
    shared = made.get();
    plan_.conditions.push_back(std::move(made));
  }
  return shared;
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

CallInput RuleCompiler::input(Draft& draft, const std::optional<ValueSpec>& spec,
                              std::string name) {
  CallInput input;
  if (!spec || spec->is_null()) return input;
  input.name = std::move(name);
  if (spec->is_literal()) {
    input.fixed = spec->text;
    input.kind = input.fixed.empty() ? CallInput::Kind::none : CallInput::Kind::fixed;
    return input;
  }
  ValueTemplate compiled = sql(draft, *spec, input.name, ResultForm::plain);
  input.source = compiled.source;
  input.expression = compiled.expression;
  input.kind = compiled.kind == ValueTemplate::Kind::source ? CallInput::Kind::source
                                                            : CallInput::Kind::expression;
  return input;
}

ValueTemplate RuleCompiler::value(Draft& draft, const ValueSpec& spec, std::string name) {
  switch (spec.kind) {
    case ValueSpec::Kind::literal:
      break;
    case ValueSpec::Kind::sql:
      return sql(draft, spec, std::move(name), result_form(spec.type));
    case ValueSpec::Kind::object:
      return object(draft, spec, name);
    case ValueSpec::Kind::list:
      return list(draft, spec, name);
  }
  ValueTemplate fixed;
  fixed.fixed = spec.json;
  return fixed;
}

ValueTemplate RuleCompiler::sql(Draft& draft, const ValueSpec& spec, std::string name,
                                ResultForm form) {
  ValueTemplate compiled;
  compiled.form = form;
  compiled.name = name;
  bool told = false;
  const OpSet& ops = draft.rule->ops;
  std::optional<Source> column = source(spec.sql, ops, told);
  if (column) {
    compiled.kind = ValueTemplate::Kind::source;
    compiled.source = *column;
  } else if (!told) {
    compiled.kind = ValueTemplate::Kind::expression;
    compiled.expression = draft.expressions.size();
    std::optional<Expression> checked = expression(spec.sql, ops, std::move(name), form);
    if (checked) draft.expressions.push_back(std::move(*checked));
  }
  return compiled;
}

ValueTemplate RuleCompiler::object(Draft& draft, const ValueSpec& spec, const std::string& name) {
  ValueTemplate compiled;
  compiled.kind = ValueTemplate::Kind::object;
  for (const ValueSpec::Field& field : spec.fields) {
    compiled.fields.push_back(
        {json_key(field.name), value(draft, field.value, name + "." + field.name)});
  }
  return compiled;
}

ValueTemplate RuleCompiler::list(Draft& draft, const ValueSpec& spec, const std::string& name) {
  ValueTemplate compiled;
  compiled.kind = ValueTemplate::Kind::list;
  for (const ValueSpec& item : spec.items) {
    std::string index = "[" + std::to_string(compiled.items.size()) + "]";
    compiled.items.push_back(value(draft, item, name + index));
  }
  return compiled;
}

std::optional<Source> RuleCompiler::source(const SqlText& text, const OpSet& ops, bool& told) {
  std::optional<SqlFault> fault;
  std::optional<Source> found = checker_.resolve(text.text, ops, fault);
  if (fault) {
    told = true;
    diagnostics_.error(text.place_at(fault->offset), fault->message, fault->hint);
  }
  if (found) note_read(*found, ops, text.place);
  return found;
}

std::optional<Expression> RuleCompiler::expression(const SqlText& text, const OpSet& ops,
                                                   std::string name, ResultForm form) {
  std::optional<CheckedExpression> checked = checker_.check(text, ops, diagnostics_);
  if (!checked) return std::nullopt;
  lint_expression(text, plan_.table, expression_role(form, name), *checked, diagnostics_);
  if (form == ResultForm::automatic && checked->truth) form = ResultForm::truth;
  for (Source read : checked->reads)
    note_read(read, ops, text.place);
  return Expression{text.text, form, std::move(name), text.place, std::move(checked->reads)};
}

void RuleCompiler::note_read(Source source, const OpSet& ops, const SourcePlace& place) {
  if (source.scope == Scope::event) return;
  std::vector<uint32_t>& used = plan_.used_columns;
  auto at = std::lower_bound(used.begin(), used.end(), source.index);
  if (at == used.end() || *at != source.index) used.insert(at, source.index);

  const Column& column = plan_.table.columns[source.index];
  if (column.key || plan_.table.replica_identity == ReplicaIdentity::full) return;
  bool of_deleted = ops.has(Op::remove);
  bool of_old = ops.has(Op::update) && source.scope != Scope::row;
  if (!of_deleted && !of_old) return;
  diagnostics_.warning(place,
                       std::string("of ") + (of_deleted ? "a deleted row" : "an old row") + " of " +
                           plan_.table.full_name() + " the server sends the key only, not '" +
                           column.name + "'",
                       "alter table " + plan_.table.full_name() + " replica identity full");
}

}  // namespace waltrack
