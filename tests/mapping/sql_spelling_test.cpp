#include "mapping/sql_spelling.hpp"

#include <gtest/gtest.h>

#include "mapping/expression_checker.hpp"
#include "mapping/sql_functions.hpp"
#include "mapping/test_change.hpp"

namespace waltrack {
namespace {

// The first error's text, or nothing.
std::string refusal(std::string_view sql) {
  const Table table = users_table();
  ExpressionChecker checker(table);
  Diagnostics diagnostics;
  checker.check({std::string(sql), {"f", 1, 1}, true}, {Op::insert}, diagnostics);
  return diagnostics.all().empty() ? "" : diagnostics.all()[0].text();
}

struct Spelled {
  const char* sql;
  int column;
  const char* what;
  const char* hint;
};

void PrintTo(const Spelled& one, std::ostream* out) {
  *out << one.sql;
}

class SqlSpelling : public testing::TestWithParam<Spelled> {};

TEST_P(SqlSpelling, OfPostgresIsToldWithTheOneThatWorks) {
  EXPECT_EQ(refusal(GetParam().sql), "f:1:" + std::to_string(GetParam().column) +
                                         ": error: SQLite has no " + GetParam().what +
                                         "\n  hint: " + GetParam().hint);
}

INSTANTIATE_TEST_SUITE_P(
    Casts, SqlSpelling,
    testing::Values(
        Spelled{"id::text", 3, "::", "write cast(id as text), or $type: string"},
        Spelled{"1 + new.plan :: bigint", 14,
                "::", "write cast(new.plan as integer), or $type: integer"},
        Spelled{"(a || b)::numeric", 9, "::", "write cast(x as real), or $type: number"},
        Spelled{"plan::boolean", 5, "::", "write bool(plan), or $type: boolean"},
        Spelled{"prefs::jsonb ->> 'a'", 6, "::", "write json(prefs), or $type: json"},
        Spelled{"cast(plan as boolean)", 14, "type boolean", "write bool(plan), or $type: boolean"},
        Spelled{"cast(lower(plan) as date)", 21, "type date", "write date(x)"}));

INSTANTIATE_TEST_SUITE_P(
    Operators, SqlSpelling,
    testing::Values(
        Spelled{"email ilike '%x'", 7, "ilike",
                "write like, which takes a to z in either case; lower(x) like lower(pattern) does "
                "so for all letters"},
        Spelled{"email ~ '^a'", 7, "~", "write email regexp 'pattern'"},
        Spelled{"email ~* '^a'", 7, "~*", "write email regexp '(?i)pattern'"},
        Spelled{"new.email !~ '^a'", 11, "!~", "write new.email not regexp 'pattern'"},
        Spelled{"email !~~* 'a'", 7, "!~~*", "write email not like pattern"},
        Spelled{"prefs #>> '{ui,dark}'", 7, "#>>", "write prefs ->> '$.a.b'"},
        Spelled{"prefs #> '{ui}'", 7, "#>", "write prefs -> '$.a.b'"},
        Spelled{"tags @> '[\"a\"]'", 6, "@>",
                "write contains(tags, item) for an array, tags ->> 'key' = value for an object"},
        Spelled{"tags <@ '[\"a\"]'", 6, "<@", "write contains(array, tags)"},
        Spelled{"prefs ? 'ui'", 7, "?",
                "write json_type(prefs, '$.key') is not null, or contains(prefs, item) for an "
                "array"},
        Spelled{"verified && is_test", 10, "&&", "write and"},
        Spelled{"seats ^ 2", 7, "^", "write pow(a, b)"},
        Spelled{"email similar to 'a%'", 7, "similar to", "write email regexp 'pattern'"},
        Spelled{"created_at at time zone 'UTC'", 12, "at time zone",
                "times are in UTC here; a fixed offset is datetime(x, '+02:00')"},
        Spelled{"array[1, 2]", 1, "array[…]", "write json_array(a, b)"},
        Spelled{"tags[2]", 5, "[2]", "write tags ->> 1, which counts from 0"}));

INSTANTIATE_TEST_SUITE_P(
    Words, SqlSpelling,
    testing::Values(
        Spelled{"created_at > now() - interval '1 day'", 22, "interval",
                "write iso8601(datetime(now(), '-1 day'))"},
        Spelled{"created_at > timestamp '2026-01-01'", 14, "timestamp '…'",
                "write the text alone: '2026-01-02T03:04:05.000000Z'"},
        Spelled{"email || E'\\n'", 10, "E'…'", "write '…' || char(10) for a new line"},
        Spelled{"extract(year from created_at)", 1, "extract()",
                "write cast(strftime('%Y', x) as integer), or unixepoch(x)"},
        Spelled{"'a' = ANY(tags)", 7, "ANY()", "write contains(array, x)"},
        Spelled{"upper(left(email, 3))", 7, "left()", "write substr(x, 1, n)"},
        Spelled{"right(email, 3)", 1, "right()", "write substr(x, -n)"},
        Spelled{"position('@' in email)", 1, "position()", "write instr(text, part)"},
        Spelled{"substring(email from 2 for 3)", 1, "substring(… from …)",
                "write substr(x, from, length)"},
        Spelled{"jsonb_typeof(prefs)", 1, "jsonb_typeof()", "write json_type(x)"},
        Spelled{"jsonb_path_query(prefs, '$')", 1, "jsonb_path_query()",
                "JSON functions are json_extract, json_set, json_type and so on here"},
        Spelled{"to_char(created_at, 'YYYY')", 1, "to_char()",
                "write strftime('%Y-%m-%d', x) for a time, printf('%.2f', x) for a number"},
        Spelled{"array_length(tags, 1)", 1, "array_length()", "write json_array_length(x)"},
        Spelled{"string_agg(email, ',')", 1, "string_agg()",
                "write (select group_concat(value, ', ') from json_each(x))"},
        Spelled{"greatest(seats, 1)", 1, "greatest()",
                "write max(a, b), which is null where one of them is"},
        Spelled{"date_part('year', born)", 1, "date_part()",
                "write cast(strftime('%Y', x) as integer)"}));

// What SQLite takes stays what it is.
TEST(SqlSpelling, NothingThatWorksIsRefused) {
  for (const char* sql :
       {"cast(plan as text)", "cast(seats as integer)", "cast(fee as numeric)", "~seats", "-~seats",
        "nullif(plan, '')", "substring(email, 2, 3)", "plan is distinct from 'a'", "[Full Name]",
        "plan = [Full Name]", "case when verified then [Full Name] end", "date('2026-01-01')",
        "json_extract(prefs, '$.a::b')", "'a ilike b'", "plan like 'x' escape '\\'",
        "iif(seats > 1, 'a', 'b')", "trim(email)", "seats & 1", "seats < -1"}) {
    EXPECT_EQ(refusal(sql), "") << sql;
  }
}

TEST(SqlSpelling, ColumnsMayHaveTheNamesOfForeignWords) {
  Table table = users_table();
  for (const char* name : {"left", "right", "age", "interval", "position", "similar", "any"})
    table.columns.push_back(column(name, ValueKind::text));
  ExpressionChecker checker(table);
  Diagnostics diagnostics;
  for (const char* sql : {"age || interval || position || similar", "\"left\" || new.age",
                          "lower(any)", "age in ('a')"}) {
    EXPECT_TRUE(checker.check({sql, {"f", 1, 1}, true}, {Op::insert}, diagnostics))
        << diagnostics.text();
  }
  // Another mistake is told as what it is.
  checker.check({"age || interval || plam", {"f", 1, 1}, true}, {Op::insert}, diagnostics);
  EXPECT_NE(diagnostics.text().find("unknown column 'plam'"), std::string::npos);
}

}  // namespace
}  // namespace waltrack
