#include "mapping/expression_program.hpp"

#include <algorithm>
#include <array>
#include <sqlite3.h>

#include "base/error.hpp"
#include "mapping/bound_value.hpp"
#include "mapping/number_text.hpp"
#include "mapping/sql_tokens.hpp"

namespace waltrack {
namespace {

// SQLite takes 127 arguments in a call, one of which is the first result's number.
constexpr size_t kResultsPerCall = 100;

// By Scope.
constexpr std::array<std::string_view, 4> kScopeAliases = {"new", "old", "changed", "event"};

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string_view source_name(const Table& table, Source source) {
  if (source.scope == Scope::event) return kEventFields[source.index];
  return table.columns[source.index].name;
}

BoundClass source_class(const Table& table, Source source) {
  switch (source.scope) {
    case Scope::row:
    case Scope::old:
      return bound_class(table.columns[source.index].type.kind);
    case Scope::changed:
      return BoundClass::integer;
    case Scope::event:
      break;
  }
  bool number = static_cast<EventField>(source.index) == EventField::xid;
  return number ? BoundClass::integer : BoundClass::text;
}

std::string source_sql(const Table& table, Source source, int parameter) {
  return parameter_sql(source_class(table, source), parameter) + " as " +
         quoted_name(source_name(table, source));
}

bool is_column(Source source) {
  return source.scope == Scope::row || source.scope == Scope::old;
}

// Scopes nest, the row innermost, so that bare names find the row's columns first.
std::string nest_scopes(std::string inner, const Table& table, const std::vector<Source>& sources) {
  bool nested = false;
  for (Scope scope : {Scope::row, Scope::old, Scope::changed, Scope::event}) {
    std::string columns;
    for (size_t i = 0; i < sources.size(); ++i) {
      if (sources[i].scope != scope) continue;
      if (!columns.empty()) columns += ", ";
      columns += source_sql(table, sources[i], static_cast<int>(i) + 1);
    }
    if (columns.empty()) continue;
    if (nested) inner = "select (" + inner + ")";
    inner += " from (select " + columns + ") as ";
    inner += kScopeAliases[static_cast<size_t>(scope)];
    nested = true;
  }
  return inner;
}

// Whether an expression only adds, subtracts and multiplies integers and the like. SQLite gives a
// rounded real where its result overflows; see integral() in sql_database.cpp.
bool is_integer_arithmetic(const Expression& expression, const Table& table) {
  const std::vector<Source>& reads = expression.reads;
  auto is_integer = [&](Source read) { return source_class(table, read) == BoundClass::integer; };
  if (reads.empty() || !std::all_of(reads.begin(), reads.end(), is_integer)) return false;
  const SqlTokens split = split_sql(expression.sql);
  auto is_column_or_scope = [&](const SqlToken& token) {
    const std::string name = token.name();
    auto is = [&](std::string_view known) { return equal_ignoring_case(known, name); };
    return std::any_of(kScopeAliases.begin(), kScopeAliases.end(), is) ||
           std::any_of(reads.begin(), reads.end(),
                       [&](Source read) { return is(source_name(table, read)); });
  };
  return std::all_of(split.tokens.begin(), split.tokens.end(), [&](const SqlToken& token) {
    if (token.is_name()) return is_column_or_scope(token);
    if (token.kind == SqlToken::Kind::number) return is_integer_text(token.text);
    return token.is_sign("+") || token.is_sign("-") || token.is_sign("*") || token.is_sign(".") ||
           token.is_sign("(") || token.is_sign(")");
  });
}

}  // namespace

struct ExpressionProgram::Statement {
  ~Statement() { sqlite3_finalize(handle); }

  sqlite3_stmt* handle = nullptr;
  std::vector<Source> sources;  // of parameter i + 1
  std::vector<BoundClass> classes;
  std::vector<std::string> scratch;
};

ExpressionProgram::ExpressionProgram(SqlDatabase& database, const Table& table,
                                     std::vector<Expression> expressions)
    : database_(database),
      table_(table),
      expressions_(std::move(expressions)),
      slots_(expressions_.size()),
      alone_(expressions_.size()) {
  for (const Expression& expression : expressions_)
    forms_.push_back(expression.form);
  together_ = prepare(0, expressions_.size());
}

ExpressionProgram::~ExpressionProgram() = default;

std::unique_ptr<ExpressionProgram::Statement> ExpressionProgram::prepare(size_t first,
                                                                         size_t count) const {
  auto statement = std::make_unique<Statement>();
  std::string calls;
  for (size_t i = first; i < first + count; ++i) {
    if ((i - first) % kResultsPerCall == 0) {
      calls += calls.empty() ? "" : "), ";
      calls += "emit(" + std::to_string(i);
    }
    const Expression& one = expressions_[i];
    calls += is_integer_arithmetic(one, table_) ? ", integral(\n" : ", (\n";
    calls += one.sql + "\n)";
    for (Source read : one.reads)
      statement->sources.push_back(read);
  }
  calls += ')';
  // emit() gives null, so coalesce() goes on to the last.
  if (count > kResultsPerCall) calls = "coalesce(" + calls + ")";
  std::vector<Source>& sources = statement->sources;
  std::sort(sources.begin(), sources.end());
  sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
  statement->scratch.resize(sources.size());
  for (Source source : sources)
    statement->classes.push_back(source_class(table_, source));
  std::string sql = nest_scopes("select " + calls, table_, sources);
  int result = sqlite3_prepare_v3(database_.handle(), sql.data(), static_cast<int>(sql.size()),
                                  SQLITE_PREPARE_PERSISTENT, &statement->handle, nullptr);
  if (result != SQLITE_OK) {
    throw Error(ErrorKind::usage, std::string("SQL: ") + sqlite3_errmsg(database_.handle()),
                expressions_[first].place.text());
  }
  return statement;
}

const char* ExpressionProgram::run(Statement& statement, const RowView& row) {
  for (size_t i = 0; i < statement.sources.size(); ++i) {
    Source source = statement.sources[i];
    if (is_column(source) && bound_class(row.type(source).kind) != statement.classes[i]) {
      return "a column's type is no longer the one that the mapping was checked with";
    }
    int result =
        bind_source(statement.handle, static_cast<int>(i) + 1, row, source, statement.scratch[i]);
    if (result != SQLITE_OK) return result == SQLITE_TOOBIG ? "a value is too long" : "no memory";
  }
  EmitTarget target{forms_, slots_, &out_};
  return database_.run(statement.handle, target);
}

bool ExpressionProgram::run(const RowView& row) {
  out_.clear();
  for (EmitTarget::Slot& slot : slots_)
    slot = {};
  const std::vector<Source>& sources = together_->sources;
  bool available = std::all_of(sources.begin(), sources.end(),
                               [&](Source source) { return row.available(source); });
  if (available && run(*together_, row) == nullptr) return true;
  // Something is missing, or the one that failed has to be found.
  return run_each(row, available);
}

bool ExpressionProgram::run_each(const RowView& row, bool all_available) {
  out_.clear();
  for (EmitTarget::Slot& slot : slots_)
    slot = {};
  for (size_t i = 0; i < expressions_.size(); ++i) {
    if (!all_available && first_unavailable(i, row) != nullptr) continue;
    if (!alone_[i]) alone_[i] = prepare(i, 1);
    const char* reason = run(*alone_[i], row);
    if (reason == nullptr) continue;
    failure_ = expressions_[i].name + ": " + reason;
    return false;
  }
  return true;
}

ExpressionProgram::State ExpressionProgram::state(size_t expression) const {
  switch (slots_[expression].state) {
    case EmitTarget::Slot::State::present:
      return State::present;
    case EmitTarget::Slot::State::null:
      return State::null;
    case EmitTarget::Slot::State::unavailable:
      break;
  }
  return State::unavailable;
}

std::string_view ExpressionProgram::text(size_t expression) const {
  const EmitTarget::Slot& slot = slots_[expression];
  return std::string_view(out_).substr(slot.begin, slot.end - slot.begin);
}

const Source* ExpressionProgram::first_unavailable(size_t expression, const RowView& row) const {
  for (const Source& source : expressions_[expression].reads) {
    if (!row.available(source)) return &source;
  }
  return nullptr;
}

}  // namespace waltrack
