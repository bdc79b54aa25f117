#include "mapping/expression_checker.hpp"

#include <algorithm>
#include <sqlite3.h>

#include "base/nearest.hpp"
#include "mapping/constant_arguments.hpp"
#include "mapping/sql_spelling.hpp"

namespace waltrack {
namespace {

constexpr std::string_view kTextHint =
    "a fixed text stands in single quotes in SQL, or is a $literal";

void append_quoted_name(std::string& out, std::string_view name) {
  out += '"';
  for (char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::vector<std::string> strings(std::span<const std::string_view> views) {
  return {views.begin(), views.end()};
}

std::optional<Scope> scope_word(std::string_view word) {
  if (equal_ignoring_case(word, "new")) return Scope::row;
  if (equal_ignoring_case(word, "old")) return Scope::old;
  if (equal_ignoring_case(word, "changed")) return Scope::changed;
  if (equal_ignoring_case(word, "event")) return Scope::event;
  return std::nullopt;
}

// Why a rule of these ops cannot have names of this scope; `word` is the scope's as written, or
// empty for a bare name.
std::optional<SqlFault> ruled_out(std::string_view word, std::string_view name, const OpSet& ops) {
  std::optional<Scope> scope = word.empty() ? Scope::row : scope_word(word);
  if (!scope || scope == Scope::event) return std::nullopt;
  std::string shown =
      word.empty() ? std::string(name) : std::string(word) + "." + std::string(name);
  if (ops.has(Op::truncate)) {
    return SqlFault{0, "'" + shown + "': a truncate has no row",
                    "a rule on truncate reads event. only; other changes need a rule of their own"};
  }
  if (ops.has(Op::remove) && !word.empty() && scope != Scope::old) {
    return SqlFault{
        0, "'" + shown + "': a deleted row has no new version",
        "on delete the name alone is the deleted row's; other changes may need a rule of "
        "their own"};
  }
  return std::nullopt;
}

// SQLite's "no such column: x" → "x".
std::optional<std::string_view> after(std::string_view message, std::string_view start) {
  if (!message.starts_with(start)) return std::nullopt;
  return message.substr(start.size());
}

struct NameParts {
  std::string scope;
  std::string name;
  bool quoted = false;
};

// A name by itself, or behind one other.
std::optional<NameParts> name_parts(const std::vector<SqlToken>& tokens) {
  if (tokens.size() == 1 && tokens[0].is_name()) {
    return NameParts{{}, tokens[0].name(), tokens[0].kind == SqlToken::Kind::quoted_name};
  }
  bool dotted =
      tokens.size() == 3 && tokens[0].is_name() && tokens[1].is_sign(".") && tokens[2].is_name();
  if (!dotted) return std::nullopt;
  return NameParts{tokens[0].name(), tokens[2].name(),
                   tokens[2].kind == SqlToken::Kind::quoted_name};
}

std::optional<uint32_t> event_field(std::string_view name) {
  for (uint32_t i = 0; i < std::size(kEventFields); ++i) {
    if (equal_ignoring_case(kEventFields[i], name)) return i;
  }
  return std::nullopt;
}

}  // namespace

ExpressionChecker::ExpressionChecker(const Table& table)
    : table_(table), database_(SqlDatabase::Use::check) {
  std::string names;
  for (const Column& column : table.columns) {
    columns_.push_back(column.name);
    if (is_ambiguous(column.name)) continue;
    if (!names.empty()) names += ", ";
    append_quoted_name(names, column.name);
  }
  // A table needs a column; this one has a name that no expression spells by accident.
  if (names.empty()) names = "\"no column\"";
  for (const char* scope : {"row_scope", "old_scope", "changed_scope"}) {
    database_.execute(std::string("create table ") + scope + " (" + names + ")");
  }
  std::string fields;
  for (std::string_view field : kEventFields) {
    if (!fields.empty()) fields += ", ";
    append_quoted_name(fields, field);
  }
  database_.execute("create table event_scope (" + fields + ")");
}

bool ExpressionChecker::is_ambiguous(std::string_view column) const {
  auto like = [&](const Column& other) { return equal_ignoring_case(other.name, column); };
  return std::count_if(table_.columns.begin(), table_.columns.end(), like) > 1;
}

std::optional<Source> ExpressionChecker::resolve_column(std::string_view name, bool quoted,
                                                        Scope scope,
                                                        std::optional<SqlFault>& fault) const {
  if (auto index = table_.find_column(name)) return Source{scope, static_cast<uint32_t>(*index)};
  if (quoted) return std::nullopt;
  std::optional<Source> found;
  for (size_t i = 0; i < table_.columns.size(); ++i) {
    if (!equal_ignoring_case(table_.columns[i].name, name)) continue;
    if (found) {
      fault = SqlFault{0, "'" + std::string(name) + "' could be several columns",
                       "their names differ only by case: write the one meant exactly"};
      return std::nullopt;
    }
    found = Source{scope, static_cast<uint32_t>(i)};
  }
  return found;
}

std::optional<Source> ExpressionChecker::resolve(std::string_view text, const OpSet& ops,
                                                 std::optional<SqlFault>& fault) const {
  NameParts parts;
  if (table_.find_column(text)) {
    parts.name = text;
  } else {
    SqlTokens split = split_sql(text);
    if (split.fault) return std::nullopt;
    std::optional<NameParts> found = name_parts(split.tokens);
    if (!found) return std::nullopt;
    parts = std::move(*found);
  }
  Scope scope = Scope::row;
  if (!parts.scope.empty()) {
    std::optional<Scope> named = scope_word(parts.scope);
    if (!named) return std::nullopt;
    scope = *named;
  }
  if (scope == Scope::event) {
    std::optional<uint32_t> field = event_field(parts.name);
    return field ? std::optional(Source{scope, *field}) : std::nullopt;
  }
  std::optional<Source> source = resolve_column(parts.name, parts.quoted, scope, fault);
  if (!source) return std::nullopt;
  fault = ruled_out(parts.scope, parts.name, ops);
  return fault ? std::nullopt : source;
}

std::string ExpressionChecker::wrap(const std::string& expression, const OpSet& ops,
                                    size_t& offset) const {
  std::string before = "select (select 1 where (\n";
  std::string behind = "\n)) from event_scope as event";
  if (ops.has(Op::remove) && !ops.has(Op::truncate)) {
    before = "select (select (select 1 from row_scope as \"the row\" where (\n";
    behind = "\n)) from old_scope as old) from event_scope as event";
  } else if (!ops.has(Op::truncate)) {
    before = "select (select (select (select 1 from row_scope as new where (\n";
    behind = "\n)) from old_scope as old) from changed_scope as changed) from event_scope as event";
  }
  offset = before.size();
  return before + expression + behind;
}

std::optional<CheckedExpression> ExpressionChecker::check(const SqlText& sql, const OpSet& ops,
                                                          Diagnostics& diagnostics) {
  SqlTokens split = split_sql(sql.text);
  std::optional<SqlFault> fault = split.fault;
  if (!fault && split.tokens.empty()) fault = SqlFault{0, "an empty expression", {}};
  if (!fault) fault = find_misread_spelling(split);
  if (!fault) fault = find_stray_token(split.tokens);
  if (!fault) fault = prepare(sql, split, ops);
  CheckedExpression checked;
  if (!fault) fault = find_bad_constant(split);
  if (!fault) fault = collect(split, checked);
  if (fault) {
    diagnostics.error(sql.place_at(fault->offset), fault->message, fault->hint);
    return std::nullopt;
  }
  checked.truth = gives_truth(split.tokens);
  return checked;
}

std::optional<SqlFault> ExpressionChecker::prepare(const SqlText& sql, const SqlTokens& tokens,
                                                   const OpSet& ops) {
  size_t prefix = 0;
  std::string statement = wrap(sql.text, ops, prefix);
  database_.clear_notes();
  sqlite3_stmt* prepared = nullptr;
  int result = sqlite3_prepare_v2(database_.handle(), statement.data(),
                                  static_cast<int>(statement.size()), &prepared, nullptr);
  sqlite3_finalize(prepared);
  if (result == SQLITE_OK) return std::nullopt;
  if (auto foreign = find_foreign_spelling(tokens)) return foreign;
  int at = sqlite3_error_offset(database_.handle());
  SqlFault fault = explain(sqlite3_errmsg(database_.handle()), tokens, ops);
  if (at >= static_cast<int>(prefix)) fault.offset = static_cast<size_t>(at) - prefix;
  if (fault.offset >= sql.text.size() && !tokens.tokens.empty()) {
    fault.message = "the expression ends too early";
    fault.offset = tokens.tokens.back().offset;
  }
  return fault;
}

SqlFault ExpressionChecker::explain(std::string_view message, const SqlTokens& tokens,
                                    const OpSet& ops) const {
  // Where SQLite tells no offset, the word itself does.
  auto offset_of = [&](std::string_view name) {
    for (const SqlToken& token : tokens.tokens) {
      if (token.is_name() && equal_ignoring_case(token.name(), name)) return token.offset;
    }
    return size_t{0};
  };
  const std::string& refused = database_.refused();
  if (auto function = after(refused, "function ")) {
    std::string name(*function);
    return {offset_of(name), name + "() is refused in mappings",
            "an expression gives the same at every retry and only computes"};
  }
  if (auto table = after(refused, "table ")) {
    bool row_id = scope_word(*table).has_value();
    return {offset_of(*table), "the table '" + std::string(*table) + "' is out of reach",
            row_id ? "" : "an expression sees its row only"};
  }
  if (!refused.empty()) return {0, "SQL that does more than compute a value is refused", {}};
  if (auto name = after(message, "no such column: ")) return explain_column(*name, tokens, ops);
  if (auto name = after(message, "no such function: ")) {
    return {offset_of(*name), "unknown function " + std::string(*name) + "()",
            suggest_name(*name, strings(allowed_functions()))};
  }
  if (auto name = after(message, "no such table: ")) {
    return {offset_of(*name), "unknown table '" + std::string(*name) + "'",
            "an expression sees its row only; json_each(x) takes JSON apart"};
  }
  std::string hint;
  if (message.starts_with("row value misused")) {
    hint = "one expression gives one value; a list is written [a, b] in YAML";
  } else if (message.starts_with("misuse of ")) {
    hint = "aggregates need rows of their own: (select count(*) from json_each(x))";
  }
  return {0, "SQL: " + std::string(message), hint};
}

SqlFault ExpressionChecker::explain_column(std::string_view name, const SqlTokens& tokens,
                                           const OpSet& ops) const {
  size_t dot = name.find('.');
  std::string_view word = dot == std::string_view::npos ? "" : name.substr(0, dot);
  std::string_view column = dot == std::string_view::npos ? name : name.substr(dot + 1);
  std::optional<Scope> scope = scope_word(word);
  if (scope == Scope::event) {
    return {0, "unknown name '" + std::string(name) + "'",
            suggest_name(column, strings(kEventFields))};
  }
  auto known = std::any_of(columns_.begin(), columns_.end(), [&](const std::string& one) {
    return equal_ignoring_case(one, column);
  });
  if (known && (word.empty() || scope)) {
    if (auto fault = ruled_out(word, column, ops)) return *fault;
    if (is_ambiguous(column)) {
      return {0, "'" + std::string(name) + "' could be several columns",
              "their names differ only by case; SQL cannot tell them apart, but a value that is "
              "nothing but the column's name can"};
    }
  }
  bool in_quotes = std::any_of(tokens.tokens.begin(), tokens.tokens.end(), [&](const auto& token) {
    return token.kind == SqlToken::Kind::quoted_name && token.name() == name;
  });
  std::string hint;
  if (in_quotes) {
    hint = "double quotes hold names in SQL; a text stands in single quotes";
  } else if (auto near = nearest_name(column, columns_)) {
    hint = "did you mean '" + *near + "'?";
  } else if (word.empty()) {
    hint = suggest_name(column, columns_) + "; " + std::string(kTextHint);
  } else {
    hint = suggest_name(column, columns_);
  }
  return {0, "unknown column '" + std::string(name) + "' of " + table_.full_name(), hint};
}

std::optional<SqlFault> ExpressionChecker::collect(const SqlTokens& tokens,
                                                   CheckedExpression& checked) const {
  for (const SqlDatabase::Read& read : database_.reads()) {
    Source source;
    size_t table = 0;
    while (kScopeTables[table] != read.table)
      ++table;
    source.scope = static_cast<Scope>(table);
    std::optional<size_t> index;
    if (source.scope == Scope::event) {
      index = event_field(read.column);
    } else {
      index = table_.find_column(read.column);
    }
    // SQLite gives every table a rowid, under several names.
    if (!index) return SqlFault{0, "a row has no rowid here", "name the key's columns"};
    source.index = static_cast<uint32_t>(*index);
    if (std::find(checked.reads.begin(), checked.reads.end(), source) == checked.reads.end()) {
      checked.reads.push_back(source);
    }
    if (source.scope != Scope::event) continue;
    // SQL looks for a bare name in the outer scopes too, when the row has no such column; in
    // mappings only `event.` does.
    bool of_row = std::any_of(
        database_.reads().begin(), database_.reads().end(), [&](const SqlDatabase::Read& other) {
          return other.table == kScopeTables[0] && equal_ignoring_case(other.column, read.column);
        });
    if (of_row) continue;
    for (size_t i = 0; i < tokens.tokens.size(); ++i) {
      const SqlToken& token = tokens.tokens[i];
      bool qualified = i > 0 && tokens.tokens[i - 1].is_sign(".");
      if (qualified || !token.is_name() || !equal_ignoring_case(token.name(), read.column))
        continue;
      bool call = i + 1 < tokens.tokens.size() &&
                  (tokens.tokens[i + 1].is_sign("(") || tokens.tokens[i + 1].is_sign("."));
      if (call) continue;
      return SqlFault{token.offset,
                      "unknown column '" + token.name() + "' of " + table_.full_name(),
                      "did you mean 'event." + read.column + "'?"};
    }
  }
  return std::nullopt;
}

}  // namespace waltrack
