// Takes the bytes as one expression over a fixed table, checks and lints it for each kind of
// change, and runs what passes on a fixed row, in several forms of result. What comes out must be
// JSON within the limit, faults lie within the expression, and no value gets into a reason. The
// seeds are an expression each.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "mapping/expression_checker.hpp"
#include "mapping/expression_lints.hpp"
#include "mapping/expression_program.hpp"
#include "mapping/json_check.hpp"
#include "mapping/test_change.hpp"

namespace {

using namespace waltrack;

constexpr std::string_view kSecret = "a secret";
constexpr ExpressionLimits kLimits{
    .value_bytes = 5'000, .steps = 3'000, .cpu_ms = 20, .memory_bytes = 1'000'000};

constexpr std::array kForms = {ResultForm::json, ResultForm::plain, ResultForm::condition,
                               ResultForm::integer};

void require(bool holds) {
  if (!holds) std::abort();
}

const Values& row() {
  static const Values kRow = {{"id", "7"},
                              {"email", "a secret"},
                              {"plan", "pro"},
                              {"role", "Ädmin"},
                              {"verified", "t"},
                              {"seats", "5"},
                              {"big", "9223372036854775807"},
                              {"fee", "12.50"},
                              {"score", "Infinity"},
                              {"created_at", "2026-01-02 03:04:05.6+00"},
                              {"local_at", "2026-01-02 03:04:05"},
                              {"born", "0044-03-15 BC"},
                              {"prefs", R"({"ui":{"dark":true},"n":3,"s":"a secret"})"},
                              {"tags", "{a,NULL,\"b c\"}"},
                              {"avatar", "00ff10"},
                              {"city", kUnavailable}};
  return kRow;
}

void run(SqlDatabase& database, const Table& table, const std::string& sql,
         const CheckedExpression& checked, ResultForm form, const TestChange& change) {
  std::vector<Expression> one{{sql, form, "p", {}, checked.reads}};
  std::vector<int32_t> columns(table.columns.size());
  std::iota(columns.begin(), columns.end(), 0);
  try {
    ExpressionProgram program(database, table, std::move(one));
    RowView view(change.transaction(), change.change(), columns, 1);
    database.set_now(change.transaction().commit_time_us);
    if (!program.run(view)) {
      require(program.failure().find(kSecret) == std::string::npos);
      require(program.failure().size() < 300);
      return;
    }
    if (program.state(0) == ExpressionProgram::State::unavailable) return;
    std::string_view text = program.text(0);
    // Every character may take six in JSON.
    require(text.size() <= 6U * kLimits.value_bytes + 2);
    if (form == ResultForm::condition) require(text.empty() || text == "0" || text == "1");
    if (form == ResultForm::automatic || form == ResultForm::json) {
      require(is_embeddable_json(text));
    }
  } catch (const Error&) {
    // All of the statement was too much.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Table kTable = users_table(ReplicaIdentity::full);
  static ExpressionChecker checker(kTable);
  static SqlDatabase database(SqlDatabase::Use::run, kLimits);
  if (size > 10'000) return 0;
  const SqlText sql{{reinterpret_cast<const char*>(data), size}, {"f", 1, 1}, true};

  TestChange insert(kTable, Op::insert);
  insert.now(row());
  TestChange update(kTable, Op::update);
  update.now(row()).before({{"id", "6"}, {"email", "a secret"}});
  TestChange remove(kTable, Op::remove);
  remove.before(row());
  TestChange truncate(kTable, Op::truncate);
  for (const TestChange* change : {&insert, &update, &remove, &truncate}) {
    Diagnostics diagnostics;
    auto checked = checker.check(sql, {change->change().op}, diagnostics);
    require(checked.has_value() != diagnostics.has_errors());
    if (checked) lint_expression(sql, kTable, ExpressionRole::value, *checked, diagnostics);
    for (const Diagnostic& told : diagnostics.all()) {
      require(told.place.column >= 1 && static_cast<size_t>(told.place.column) <= size + 1);
    }
    if (!checked) continue;
    run(database, kTable, sql.text, *checked, ResultForm::automatic, *change);
    run(database, kTable, sql.text, *checked, kForms[size % kForms.size()], *change);
  }
  return 0;
}
