#include "mapping/value_compiler.hpp"

#include <algorithm>

#include "base/json_text.hpp"
#include "base/nearest.hpp"
#include "mapping/expression_lints.hpp"
#include "mapping/name_case.hpp"
#include "mapping/value_type.hpp"

namespace waltrack {
namespace {

// As Postgres reads it without quotes.
bool is_plain_name(const std::string& name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && is_letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::string in_double_quotes(const std::string& name) {
  std::string quoted = "\"";
  for (const char c : name)
    quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

bool has_transform(const ValueSpec& spec) {
  return spec.map || spec.truncate > 0 || spec.hash;
}

ValueType source_value_type(const Table& table, const OpSet& ops, Source source) {
  switch (source.scope) {
    case Scope::row:
    case Scope::old: {
      ValueType type = column_value_type(table.columns[source.index]);
      if (source.scope == Scope::old) type.nullable = true;
      return type;
    }
    case Scope::changed:
      return {JsonType::boolean, false};
    case Scope::event:
      break;
  }
  const auto field = static_cast<EventField>(source.index);
  if (field == EventField::xid) return {JsonType::integer, true};
  if (field == EventField::committed_at) return {JsonType::datetime, true};
  return {JsonType::string, field == EventField::lsn && ops.has(Op::backfill)};
}

}  // namespace

std::string json_key(const std::string& name) {
  std::string prefix;
  append_json_string(prefix, name);
  prefix += ':';
  return prefix;
}

ValueTemplate ValueCompiler::value(const ValueSpec& spec, std::string name) {
  switch (spec.kind) {
    case ValueSpec::Kind::literal:
      break;
    case ValueSpec::Kind::sql:
      return sql(spec, std::move(name), result_form(spec.type));
    case ValueSpec::Kind::object:
      return object(spec, name);
    case ValueSpec::Kind::list:
      return list(spec, name);
  }
  if (spec.json == spec.text && table_.find_column(spec.text)) {
    diagnostics_.warning(spec.place,
                         "'" + spec.text + "' is itself here, not the column of that name",
                         "write new." + spec.text + " for the column");
  }
  ValueTemplate fixed;
  fixed.fixed = spec.json;
  fixed.type = literal_value_type(spec.json);
  return fixed;
}

ValueTemplate ValueCompiler::sql(const ValueSpec& spec, std::string name, ResultForm form) {
  ValueTemplate compiled;
  compiled.form = form;
  compiled.name = name;
  compiled.omit_null = spec.omit_null;
  if (has_transform(spec)) compiled.transform = std::make_shared<const ValueTransform>(spec);
  bool told = false;
  std::optional<Source> column = source(spec.sql, told);
  ValueType type = declared_value_type(spec.type);
  if (column) {
    compiled.kind = ValueTemplate::Kind::source;
    compiled.source = *column;
    if (spec.type == DeclaredType::none) type = source_value_type(table_, ops_, *column);
    if (spec.hash && !reads_.empty()) reads_.back().hashed = true;
    check_text_modifiers(spec, *column);
  } else if (!told) {
    compiled.kind = ValueTemplate::Kind::expression;
    compiled.expression = expressions_.size();
    std::optional<Expression> checked = expression(spec.sql, std::move(name), form);
    if (checked && checked->form == ResultForm::truth) type = {JsonType::boolean, true};
    if (checked) expressions_.push_back(std::move(*checked));
  }
  compiled.type = modified_value_type(spec, type);
  return compiled;
}

// Bytes are shown as base64, which is no text to cut or to lower the case of; and a number must not
// lose its last digits.
void ValueCompiler::check_text_modifiers(const ValueSpec& spec, Source source) {
  const bool is_column = source.scope == Scope::row || source.scope == Scope::old;
  if (!is_column || (!spec.hash && spec.truncate == 0)) return;
  const Column& column = table_.columns[source.index];
  const bool bytes = column.type.kind == ValueKind::bytea;
  const JsonType json = column_value_type(column).json;
  const bool number = json == JsonType::integer || json == JsonType::number;
  if (bytes || (number && spec.truncate > 0 && spec.type != DeclaredType::string)) {
    diagnostics_.error(spec.place,
                       std::string(spec.truncate > 0 ? "$truncate" : "$hash") + " is for texts, '" +
                           column.name + "' is " + column.type.name,
                       bytes ? "sha256(" + column.name + ") is the hash of the bytes"
                             : "$type: string makes a text of it");
  }
}

ValueTemplate ValueCompiler::object(const ValueSpec& spec, const std::string& name) {
  ValueTemplate compiled;
  compiled.kind = ValueTemplate::Kind::object;
  compiled.type = {JsonType::object, false};
  if (spec.columns) add_columns(*spec.columns, spec.fields, name, compiled);
  for (const ValueSpec::Field& field : spec.fields) {
    compiled.fields.push_back(
        {field.name, json_key(field.name), value(field.value, name + "." + field.name)});
  }
  return compiled;
}

ValueTemplate ValueCompiler::list(const ValueSpec& spec, const std::string& name) {
  ValueTemplate compiled;
  compiled.kind = ValueTemplate::Kind::list;
  compiled.type = {JsonType::array, false};
  for (const ValueSpec& item : spec.items) {
    std::string index = "[" + std::to_string(compiled.items.size()) + "]";
    compiled.items.push_back(value(item, name + index));
  }
  return compiled;
}

void ValueCompiler::add_columns(const ColumnsSpec& spec, const std::vector<ValueSpec::Field>& own,
                                const std::string& name, ValueTemplate& object) {
  for (uint32_t index : chosen_columns(spec)) {
    std::string field = in_case(table_.columns[index].name, spec.name_case);
    const auto called = [&](const auto& other) { return other.name == field; };
    if (std::any_of(own.begin(), own.end(), called)) continue;
    if (std::any_of(object.fields.begin(), object.fields.end(), called)) {
      diagnostics_.error(spec.place,
                         "two columns of " + table_.full_name() + " are '" + field + "'",
                         "leave one out, or write it under a name of its own");
      continue;
    }
    ValueTemplate compiled;
    compiled.kind = ValueTemplate::Kind::source;
    compiled.source = {Scope::row, index};
    compiled.name = name + "." + field;
    compiled.omit_null = spec.omit_null;
    compiled.type = column_value_type(table_.columns[index]);
    if (spec.omit_null) compiled.type.nullable = false;
    note_read(compiled.source, spec.place, ColumnRead::Use::listed);
    reads_.back().any = spec.all;
    object.fields.push_back({field, json_key(field), std::move(compiled)});
  }
}

std::vector<uint32_t> ValueCompiler::chosen_columns(const ColumnsSpec& spec) {
  std::vector<uint32_t> chosen;
  if (ops_.has(Op::truncate)) {
    diagnostics_.error(spec.place, "$columns: a truncate has no row",
                       "other changes need a rule of their own");
    return chosen;
  }
  for (const ColumnsSpec::Name& name : spec.names) {
    if (auto index = find_column(name)) chosen.push_back(*index);
  }
  std::vector<uint32_t> except;
  for (const ColumnsSpec::Name& name : spec.except) {
    if (auto index = find_column(name)) except.push_back(*index);
  }
  for (uint32_t i = 0; spec.all && i < table_.columns.size(); ++i) {
    if (std::find(except.begin(), except.end(), i) == except.end()) chosen.push_back(i);
  }
  return chosen;
}

std::optional<uint32_t> ValueCompiler::find_column(const ColumnsSpec::Name& name) {
  if (auto index = table_.find_column(name.column)) return static_cast<uint32_t>(*index);
  std::vector<std::string> known;
  for (const Column& column : table_.columns)
    known.push_back(column.name);
  diagnostics_.error(name.place, "unknown column '" + name.column + "' of " + table_.full_name(),
                     suggest_name(name.column, known));
  return std::nullopt;
}

CallInput ValueCompiler::input(const std::optional<ValueSpec>& spec, std::string name) {
  CallInput input;
  if (!spec || spec->is_null()) return input;
  input.name = std::move(name);
  if (spec->is_literal()) {
    input.fixed = spec->text;
    input.kind = input.fixed.empty() ? CallInput::Kind::none : CallInput::Kind::fixed;
    return input;
  }
  ValueTemplate compiled = sql(*spec, input.name, ResultForm::plain);
  input.source = compiled.source;
  input.expression = compiled.expression;
  input.kind = compiled.kind == ValueTemplate::Kind::source ? CallInput::Kind::source
                                                            : CallInput::Kind::expression;
  return input;
}

std::optional<Source> ValueCompiler::source(const SqlText& text, bool& told) {
  std::optional<SqlFault> fault;
  std::optional<Source> found = checker_.resolve(text.text, ops_, fault);
  if (fault) {
    told = true;
    diagnostics_.error(text.place_at(fault->offset), fault->message, fault->hint);
  }
  if (found) note_read(*found, text.place, ColumnRead::Use::bare);
  return found;
}

std::optional<Expression> ValueCompiler::expression(const SqlText& text, std::string name,
                                                    ResultForm form) {
  std::optional<CheckedExpression> checked = checker_.check(text, ops_, diagnostics_);
  if (!checked) return std::nullopt;
  lint_expression(text, table_, expression_role(form, name), *checked, diagnostics_);
  if (form == ResultForm::automatic && checked->truth) form = ResultForm::truth;
  const bool truth = form == ResultForm::truth || form == ResultForm::condition;
  for (Source read : checked->reads)
    note_read(read, text.place, truth ? ColumnRead::Use::truth : ColumnRead::Use::expression);
  return Expression{text.text, form, std::move(name), text.place, std::move(checked->reads)};
}

void ValueCompiler::note_read(Source source, const SourcePlace& place, ColumnRead::Use use) {
  if (source.scope == Scope::event) return;
  reads_.push_back({.source = source, .place = place, .use = use, .decisive = decisive_});
  const Column& column = table_.columns[source.index];
  if (source.scope != Scope::row && ops_.has(Op::message)) {
    diagnostics_.error(place, "a message has no old version", "its one column is content");
  } else if (!column.key && table_.replica_identity != ReplicaIdentity::full) {
    check_old_value(column, source.scope, place);
  }
}

std::string full_identity_sql(const Table& table) {
  // Behind a dot even a reserved word needs no quotes.
  const bool plain_schema = table.schema == "public";
  return "alter table " + (plain_schema ? table.schema : in_double_quotes(table.schema)) + "." +
         (is_plain_name(table.name) ? table.name : in_double_quotes(table.name)) +
         " replica identity full";
}

// Without REPLICA IDENTITY FULL the server tells of an old row its key only.
void ValueCompiler::check_old_value(const Column& column, Scope scope, const SourcePlace& place) {
  const bool of_deleted = ops_.has(Op::remove);
  const bool of_old = scope != Scope::row && ops_.has(Op::update);
  if (!of_deleted && !of_old) return;
  std::string message = std::string("of ") + (of_deleted ? "a deleted row" : "an old row") +
                        " of " + table_.full_name() + " the server sends the key only, not '" +
                        column.name + "'";
  const std::string sql = full_identity_sql(table_);
  const bool needed = of_old || decisive_;
  if (!needed) message += ": it is left out";
  diagnostics_.add({needed ? Severity::error : Severity::warning,
                    place,
                    std::move(message),
                    "run: " + sql,
                    {sql}});
}

}  // namespace waltrack
