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
