#include "mapping/expression_checker.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "mapping/mapping_harness.hpp"

namespace waltrack {
namespace {

// What the expression reads: "row.plan old.plan event.op", sorted.
std::string reads(std::string_view sql, OpSet ops = {Op::insert, Op::update}) {
  const Table table = users_table();
  ExpressionChecker checker(table);
  Diagnostics diagnostics;
  auto checked = checker.check({std::string(sql), {"f", 1, 1}, true}, ops, diagnostics);
  if (!checked) return diagnostics.text();
  std::sort(checked->reads.begin(), checked->reads.end());
  constexpr std::string_view kScopes[] = {"row", "old", "changed", "event"};
  std::string text;
  for (Source source : checked->reads) {
    if (!text.empty()) text += ' ';
    text += kScopes[static_cast<size_t>(source.scope)];
    text += '.';
    text += source.scope == Scope::event ? std::string(kEventFields[source.index])
                                         : table.columns[source.index].name;
  }
  return text;
}

TEST(ExpressionChecker, TellsWhatIsRead) {
  EXPECT_EQ(reads("1 + 1"), "");
  EXPECT_EQ(reads("lower(PLAN) || plan || new.plan"), "row.plan");
  EXPECT_EQ(reads("old.plan is distinct from plan and changed.role and event.op = 'x'"),
            "row.plan old.plan changed.role event.op");
  EXPECT_EQ(reads("case when 0 then city else \"Full Name\" end"), "row.Full Name row.city");
  EXPECT_EQ(reads("(select max(value) from json_each(tags) where value <> role)"),
            "row.role row.tags");
  EXPECT_EQ(reads("plan || old.plan", {Op::remove}), "row.plan old.plan");
  EXPECT_EQ(reads("event.xid", {Op::truncate}), "event.xid");
}

TEST(ExpressionChecker, OwnNamesOfAnExpressionAreNoReads) {
  EXPECT_EQ(reads("(with t(xid) as (values (1)) select count(*) from t)"), "");
  EXPECT_EQ(
      reads("(with recursive c(x) as (select 1 union all select x + 1 from c where x < seats) "
            "select max(x) from c)"),
      "row.seats");
}

// Nothing but computing is possible.
TEST(ExpressionChecker, EverythingThatIsNoComputationIsRefused) {
  for (const char* sql : {"random()",
                          "randomblob(8)",
                          "changes()",
                          "total_changes()",
                          "last_insert_rowid()",
                          "load_extension('x')",
                          "sqlite_version()",
                          "sqlite_source_id()",
                          "sqlite_compileoption_get(0)",
                          "fts5(1)",
                          "emit(1)",
                          "integral(1)",
                          "hex(randomblob(4))",
                          "(select count(*) from sqlite_master)",
                          "(select name from sqlite_schema)",
                          "(select count(*) from SQLITE_Master)",
                          "(select count(*) from pragma_database_list)",
                          "(select file from pragma_database_list)",
                          "(select * from dbstat)",
                          "(select sql from sqlite_stmt)",
                          "(select 1 from sqlite_temp_master)",
                          "(delete from row_scope)",
                          "1); delete from row_scope; select (1",
                          "(insert into x values (1))",
                          "(pragma user_version)",
                          "(attach 'x' as y)",
                          "new.rowid",
                          "oid",
                          "_rowid_",
                          "old.oid",
                          "event.rowid",
                          "@x",
                          ":x",
                          "?",
                          "$x"}) {
    std::string told = reads(sql);
    EXPECT_NE(told.find("error:"), std::string::npos) << sql << " → " << told;
  }
}

TEST(ExpressionChecker, ColumnThatIsCalledRowidIsAColumn) {
  Table table = users_table();
  table.columns.push_back(column("rowid", ValueKind::int8));
  ExpressionChecker checker(table);
  Diagnostics diagnostics;
  auto checked = checker.check({"rowid + 1", {"f", 1, 1}, true}, {Op::insert}, diagnostics);
  ASSERT_TRUE(checked.has_value()) << diagnostics.text();
  EXPECT_EQ(checked->reads,
            (std::vector<Source>{{Scope::row, static_cast<uint32_t>(table.columns.size() - 1)}}));
}

TEST(ExpressionChecker, ColumnMayHaveTheNameOfAnEventField) {
  Table table = users_table();
  table.columns.push_back(column("op", ValueKind::text));
  auto index = static_cast<uint32_t>(table.columns.size() - 1);
  ExpressionChecker checker(table);
  Diagnostics diagnostics;
  auto checked = checker.check({"Op || event.op", {"f", 1, 1}, true}, {Op::insert}, diagnostics);
  ASSERT_TRUE(checked.has_value()) << diagnostics.text();
  std::sort(checked->reads.begin(), checked->reads.end());
  EXPECT_EQ(checked->reads,
            (std::vector<Source>{{Scope::row, index},
                                 {Scope::event, static_cast<uint32_t>(EventField::op)}}));
  // Without a row it is not the event's either.
  EXPECT_FALSE(checker.check({"op || event.op", {"f", 1, 1}, true}, {Op::truncate}, diagnostics));
}

TEST(ExpressionChecker, EveryAllowedFunctionIsOneThatSqliteHas) {
  for (std::string_view name : allowed_functions()) {
    if (name.starts_with("->") || name.starts_with("current_")) continue;
    std::string told = reads(std::string(name) + "(1,2,3,4,5,6,7)");
    EXPECT_EQ(told.find("unknown function"), std::string::npos) << told;
    EXPECT_EQ(told.find("refused"), std::string::npos) << told;
  }
}

struct Refusal {
  const char* sql;
  const char* told;  // place, message and hint
};

void PrintTo(const Refusal& one, std::ostream* out) {
  *out << one.sql;
}

class ExpressionRefused : public testing::TestWithParam<Refusal> {};

TEST_P(ExpressionRefused, AtItsPlaceWithWhatToDo) {
  EXPECT_EQ(reads(GetParam().sql), std::string(GetParam().told) + "\n");
}

// Constants with which every row would fail are told at load.
INSTANTIATE_TEST_SUITE_P(
    Constants, ExpressionRefused,
    testing::Values(
        Refusal{"email regexp 'a(b'",
                "f:1:15: error: an invalid regular expression: missing ): a(b\n"
                "  hint: the syntax is RE2's: https://github.com/google/re2/wiki/Syntax"},
        Refusal{"regexp('it''s [z-a]', email)",
                "f:1:16: error: an invalid regular expression: invalid character class range: z-a\n"
                "  hint: the syntax is RE2's: https://github.com/google/re2/wiki/Syntax"},
        Refusal{"upper(regexp_extract(email, '*'))",
                "f:1:30: error: an invalid regular expression: no argument for repetition "
                "operator: *\n"
                "  hint: the syntax is RE2's: https://github.com/google/re2/wiki/Syntax"},
        Refusal{"regexp_extract(email, '(a)', 2)",
                "f:1:30: error: the pattern has no group 2\n"
                "  hint: it has 1; 0 is all that matched"},
        Refusal{"regexp_replace(email, '(a)', '\\2')",
                "f:1:30: error: the pattern has no group \\2\n"
                "  hint: a group is a part of the pattern in parentheses; \\0 is all that matched"},
        Refusal{"regexp_replace(email, plan, '\\x')",
                "f:1:29: error: a \\ in a replacement that refers to nothing\n"
                "  hint: write \\0 for all that matched, \\1 to \\9 for a group, \\\\ for a "
                "backslash"},
        Refusal{"date_trunc('fortnight', created_at)",
                "f:1:12: error: unknown unit 'fortnight'\n"
                "  hint: known: second, minute, hour, day, week, month, quarter, year"},
        Refusal{"iso8601(seats, 'days')",
                "f:1:16: error: unknown unit 'days'\n  hint: known: s, ms, us"},
        Refusal{"datetime(created_at, '+1 day', 'localtime')",
                "f:1:32: error: 'localtime' depends on the time zone of the machine\n"
                "  hint: times are in UTC here; a fixed offset is a modifier like '+02:00'"},
        Refusal{"strftime('%H', created_at, 'UTC')",
                "f:1:28: error: 'UTC' depends on the time zone of the machine\n"
                "  hint: times are in UTC here; a fixed offset is a modifier like '+02:00'"}));

TEST(ExpressionChecker, ConstantsThatMayWorkAreLeftToTheRow) {
  EXPECT_EQ(reads("email regexp '(' || plan"), "row.email row.plan");
  EXPECT_EQ(reads("regexp_replace(email, '(' || plan, '\\3')"), "row.email row.plan");
  EXPECT_EQ(reads("date_trunc(plan, created_at)"), "row.plan row.created_at");
  EXPECT_EQ(reads("coalesce(plan, 'localtime')"), "row.plan");
}

TEST(ExpressionChecker, DepthAndLengthAreBounded) {
  std::string deep = "1";
  for (int i = 0; i < 300; ++i)
    deep = "abs(" + deep + ")";
  EXPECT_NE(reads(deep).find("error:"), std::string::npos);
  std::string wide = "1";
  for (int i = 0; i < 300; ++i)
    wide += " + 1";
  EXPECT_NE(reads(wide).find("error:"), std::string::npos);
  EXPECT_NE(reads("'" + std::string(200'000, 'x') + "'").find("error:"), std::string::npos);
}

// What an expression does not read never reaches SQLite: not even a value that it would refuse.
TEST(ExpressionProgram, BindsOnlyWhatIsRead) {
  ExpressionLimits limits;
  limits.value_bytes = 10'000;
  Mapped mapped(track("    p: length(plan)\n"), users_table(), limits);
  const std::string huge(20'000, 'x');
  mapped.insert({{"id", "7"}, {"plan", "pro"}, {"email", huge}, {"name", huge}, {"city", huge}});
  EXPECT_EQ(mapped.properties()["p"], 3);
  mapped.insert({{"id", "7"}, {"plan", huge}});
  EXPECT_EQ(mapped.sink.rejections.size(), 1U);
}

}  // namespace
}  // namespace waltrack
