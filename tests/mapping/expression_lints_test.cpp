#include "mapping/expression_lints.hpp"

#include <gtest/gtest.h>

#include "mapping/mapping_harness.hpp"

namespace waltrack {
namespace {

// The warnings about an expression over users, whose id and role are never null.
std::string warnings(std::string_view sql, ExpressionRole role = ExpressionRole::value) {
  Table table = users_table();
  for (const char* name : {"id", "role"})
    table.columns[*table.find_column(name)].nullable = false;
  ExpressionChecker checker(table);
  Diagnostics diagnostics;
  SqlText text{std::string(sql), {"f", 1, 1}, true};
  auto checked = checker.check(text, {Op::insert, Op::update}, diagnostics);
  if (checked) lint_expression(text, table, role, *checked, diagnostics);
  return diagnostics.text();
}

struct Lint {
  const char* sql;
  int column;
  const char* what;
  const char* hint;
  ExpressionRole role = ExpressionRole::value;
};

void PrintTo(const Lint& one, std::ostream* out) {
  *out << one.sql;
}

class ExpressionLint : public testing::TestWithParam<Lint> {};

TEST_P(ExpressionLint, IsToldAtItsPlaceWithWhatToWrite) {
  EXPECT_EQ(warnings(GetParam().sql, GetParam().role), "f:1:" + std::to_string(GetParam().column) +
                                                           ": warning: " + GetParam().what +
                                                           "\n  hint: " + GetParam().hint + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Null, ExpressionLint,
    testing::Values(Lint{"not verified", 1, "not gives null, not true, where verified is null",
                         "write verified is not true"},
                    Lint{"seats > 1 and not old.verified", 15,
                         "not gives null, not true, where old.verified is null",
                         "write old.verified is not true", ExpressionRole::condition},
                    Lint{"plan <> 'free'", 6, "<> gives null, not true, where plan is null",
                         "write plan is distinct from 'free'"},
                    Lint{"role = 'x' or new.plan != old.plan", 24,
                         "!= gives null, not true, where new.plan is null",
                         "write new.plan is distinct from old.plan"},
                    Lint{"role <> plan", 6, "<> gives null, not true, where plan is null",
                         "write role is distinct from plan"},
                    Lint{"plan not in ('a', 'b')", 6,
                         "not in gives null, not true, where plan is null",
                         "write (plan is null or plan not in (…))", ExpressionRole::condition},
                    Lint{"role || ' ' || name", 16, "the whole text is null where name is null",
                         "write concat(…, …), in which null counts as '', or coalesce(name, '')"},
                    Lint{"upper(city || ', ' || plan)", 7,
                         "the whole text is null where city is null",
                         "write concat(…, …), in which null counts as '', or coalesce(city, '')"}));

INSTANTIATE_TEST_SUITE_P(
    Booleans, ExpressionLint,
    testing::Values(
        Lint{"verified = 'true'", 10, "verified is true or false, which no text is equal to",
             "write verified is true, or verified is false"},
        Lint{"'t' = new.verified", 5, "new.verified is true or false, which no text is equal to",
             "write new.verified is true, or new.verified is false"},
        Lint{"verified in ('t')", 10, "verified is true or false, which no text is equal to",
             "write verified is true, or verified is false"},
        Lint{"coalesce(verified, false)", 1,
             "coalesce() of a boolean gives 1 or 0, not true or false",
             "write bool(coalesce(verified, false))"},
        Lint{"ifnull(verified, old.verified)", 1,
             "ifnull() of a boolean gives 1 or 0, not true or false",
             "write bool(ifnull(verified, old.verified))"},
        Lint{"role || role", 6, "|| joins texts, and a condition is true or false", "write or",
             ExpressionRole::condition},
        Lint{"role = 'a' || role = 'b'", 12, "|| joins texts, and a condition is true or false",
             "write or", ExpressionRole::condition}));

INSTANTIATE_TEST_SUITE_P(
    Constants, ExpressionLint,
    testing::Values(
        Lint{"1 + 1", 1, "the expression reads no column, so that it is the same for every row",
             "name a column in it; a fixed value is a { $literal: … }"},
        Lint{"'web'", 1, "the expression reads no column, so that it is the same for every row",
             "a fixed text is { $literal: web }", ExpressionRole::id},
        Lint{"1 = 1", 1, "the expression reads no column, so that it is the same for every row",
             "compare a column with something", ExpressionRole::condition},
        Lint{"'plan'", 1, "'plan' is a text here, and a column has this name",
             "without the quotes it is the column; a fixed text is { $literal: plan }"},
        Lint{"role || ' ' || 'plan'", 16, "'plan' is a text here, and a column has this name",
             "without the quotes it is the column; a fixed text is { $literal: plan }"},
        Lint{"coalesce('email', role)", 10, "'email' is a text here, and a column has this name",
             "without the quotes it is the column; a fixed text is { $literal: email }"},
        Lint{"role = 'a' and 'plan' = 'free'", 16,
             "'plan' is a text here, and a column has this name",
             "without the quotes it is the column; a fixed text is { $literal: plan }"}));

constexpr const char* kSpaced =
    "times are compared as texts, and created_at has a T between date and time where this has a "
    "space";

INSTANTIATE_TEST_SUITE_P(
    Times, ExpressionLint,
    testing::Values(
        Lint{"created_at > datetime('now', '-1 day')", 14, kSpaced, "write iso8601(datetime(…))"},
        Lint{"datetime('now', '-1 day') < created_at", 1, kSpaced, "write iso8601(datetime(…))"},
        Lint{"created_at >= '2026-01-02 03:04:05'", 15, kSpaced,
             "write '2026-01-02T03:04:05.000000Z'"},
        Lint{"created_at < current_timestamp", 14, kSpaced, "write now()"},
        Lint{"created_at between '2026-01-02' and '2026-01-03 00:00'", 37, kSpaced,
             "write '2026-01-03T00:00:00.000000Z'"},
        Lint{"local_at = '2026-01-02 03:04:05.5'", 12,
             "times are compared as texts, and local_at has a T between date and time where this "
             "has a space",
             "write '2026-01-02T03:04:05.500000'"}));

// Each of these may be meant as it stands.
TEST(ExpressionLint, NothingIsSaidOfWhatIsRight) {
  for (const char* sql : {"role <> 'x'",
                          "id <> 5",
                          "not exists (select 1 from json_each(tags))",
                          "not changed.plan",
                          "not (seats = 1)",
                          "verified is not true",
                          "plan is distinct from 'free'",
                          "plan is not null and plan <> 'free'",
                          "case when plan is null then 'none' when plan <> 'a' then 'b' end",
                          "coalesce(plan, '') <> 'free'",
                          "bool(coalesce(plan <> 'free', true))",
                          "role not in ('a')",
                          "plan is null or plan not in ('a')",
                          "role || '-' || id",
                          "coalesce(name || ' ' || city, 'x')",
                          "concat(name, ' ', city)",
                          "coalesce(name, '') || role",
                          "bool(coalesce(verified, false))",
                          "coalesce(verified, is_test, 'unknown')",
                          "coalesce(seats, 0)",
                          "verified = true",
                          "now()",
                          "date('now')",
                          "event.op || '!'",
                          "prefs ->> 'city'",
                          "json_object('email', email, 'plan', plan)",
                          "json_extract(prefs, '$.plan')",
                          "role = 'plan'",
                          "role in ('plan', 'city')",
                          "case role when 'plan' then 'city' else 'name' end",
                          "coalesce(role, 'plan')",
                          "created_at > iso8601(datetime('now', '-1 day'))",
                          "created_at > '2026-01-02'",
                          "created_at > date('now')",
                          "datetime(created_at) > datetime('now')",
                          "created_at > now()",
                          "role = 'a b'"}) {
    EXPECT_EQ(warnings(sql), "") << sql;
  }
  EXPECT_EQ(warnings("coalesce(verified, false)", ExpressionRole::condition), "");
  EXPECT_EQ(warnings("coalesce(verified, false)", ExpressionRole::typed_value), "");
  EXPECT_EQ(warnings("role || '-' || role = 'a-a'", ExpressionRole::condition), "");
  EXPECT_EQ(warnings("'org-' || plan", ExpressionRole::id), "");
}

TEST(ExpressionLint, ColumnThatIsNeverNullNeedsNoCare) {
  Table table = message_table("app");
  ExpressionChecker checker(table);
  Diagnostics diagnostics;
  SqlText text{
      "content <> 'x' and content not in ('a') and length('a' || content) > 1", {"f", 1, 1}, true};
  auto checked = checker.check(text, {Op::insert}, diagnostics);
  ASSERT_TRUE(checked.has_value());
  lint_expression(text, table, ExpressionRole::condition, *checked, diagnostics);
  EXPECT_EQ(diagnostics.text(), "");
}

TEST(ExpressionLint, DefaultOfSeveralCallsIsToldOnce) {
  Mapped mapped(
      "table: users\nuser_id: id\nwhen: not verified\ntrack:\n  - event: Thing Added\n  - event: "
      "Thing Bought\n"
      "    properties: { c: 'coalesce(verified, false)', d: { $sql: 'coalesce(verified, false)', "
      "$type: boolean } }\n");
  EXPECT_EQ(mapped.diagnostics.text(),
            "m.yaml:3:7: warning: not gives null, not true, where verified is null\n"
            "  hint: write verified is not true\n"
            "m.yaml:7:23: warning: coalesce() of a boolean gives 1 or 0, not true or false\n"
            "  hint: write bool(coalesce(verified, false))\n");
}

TEST(ExpressionLint, SameWarningIsToldOnce) {
  Table table = users_table();
  ExpressionChecker checker(table);
  Diagnostics diagnostics;
  SqlText text{"not verified", {"f", 1, 1}, true};
  auto checked = checker.check(text, {Op::insert}, diagnostics);
  for (int i = 0; i < 3; ++i)
    lint_expression(text, table, ExpressionRole::condition, *checked, diagnostics);
  EXPECT_EQ(diagnostics.all().size(), 1U);
}

}  // namespace
}  // namespace waltrack
