// Expressions that run away, blow up or overflow fail by themselves, in bounded time and memory.
#include <gtest/gtest.h>
#include <limits>

#include "mapping/sql_harness.hpp"

namespace waltrack {
namespace {

constexpr ExpressionLimits kSmall{
    .value_bytes = 1'000'000, .steps = 200'000, .cpu_ms = 60'000, .memory_bytes = 20'000'000};
constexpr const char* kTooLong = "! a text of more than 1000000 bytes";
constexpr const char* kSteps = "! it ran for more than 200000 steps";
constexpr const char* kTime = "! it ran for more than 300 ms";
constexpr const char* kMemory = "! it took more than 20000000 bytes of memory";

class Runaway : public testing::TestWithParam<SqlCase> {};

TEST_P(Runaway, FailsAlone) {
  SqlDatabase database(SqlDatabase::Use::run, kSmall);
  EXPECT_EQ(evaluate(GetParam().sql, database), GetParam().expected);
  EXPECT_EQ(evaluate("1 + 1", database), "2");
}

INSTANTIATE_TEST_SUITE_P(
    Steps, Runaway,
    testing::Values(
        SqlCase{"(with recursive c(x) as (select 1 union all select x + 1 from c) "
                "select count(*) from c)",
                kSteps},
        SqlCase{
            "(with recursive c(x) as (select 1 union select x + 1 from c) select max(x) from c)",
            kSteps},
        SqlCase{"(with recursive a(x) as (select 1 union all select x + 1 from a where x < 1000) "
                "select count(*) from a, a as b, a as c)",
                kSteps},
        SqlCase{"(select count(*) from json_each('[' || replace(hex(zeroblob(200000)), '0', '1,') "
                "|| '1]') as a, json_each(a.value))",
                kSteps}));

INSTANTIATE_TEST_SUITE_P(
    Length, Runaway,
    testing::Values(
        SqlCase{"zeroblob(1e9)", kTooLong}, SqlCase{"hex(zeroblob(600000))", kTooLong},
        SqlCase{"printf('%1000000000d', 1)", kTooLong},
        SqlCase{"printf('%99999999999999999999d', 1)", kTooLong},
        SqlCase{"printf('%.1000000000d', 1)", kTooLong},
        SqlCase{"printf('%.1000000000f', 0.1)", kTooLong},
        SqlCase{"printf('%1000000000s', 'a')", kTooLong},
        SqlCase{"printf('%.1000000000c', 'a')", kTooLong},
        SqlCase{"printf('%*d', 1000000000, 1)", kTooLong},
        SqlCase{"printf('%*d', -1000000000, 1)", kTooLong},
        SqlCase{"printf('%600000d%600000d', 1, 2)", kTooLong},
        SqlCase{"format('%1000000000d', 1)", kTooLong},
        SqlCase{"replace(hex(zeroblob(1000)), '0', hex(zeroblob(1000)))", kTooLong},
        SqlCase{"regexp_replace(hex(zeroblob(1000)), '', hex(zeroblob(1000)))", kTooLong},
        SqlCase{"regexp_replace(hex(zeroblob(400000)), '.*', replace(hex(zeroblob(1000)), '0', "
                "'\\0'))",
                kTooLong},
        SqlCase{"concat(hex(zeroblob(400000)), hex(zeroblob(400000)))", kTooLong},
        SqlCase{"hex(zeroblob(400000)) || hex(zeroblob(400000))", kTooLong},
        SqlCase{"(with recursive c(x) as (select 1 union all select x + 1 from c where x < 1000) "
                "select group_concat(hex(zeroblob(5000))) from c)",
                kTooLong},
        SqlCase{"json_array(hex(zeroblob(400000)), hex(zeroblob(400000)))", kTooLong},
        SqlCase{"quote(zeroblob(600000))", kTooLong}));

// A step may be slow.
class SlowRunaway : public testing::TestWithParam<SqlCase> {};

TEST_P(SlowRunaway, FailsAlone) {
  ExpressionLimits impatient = kSmall;
  impatient.cpu_ms = 300;
  EXPECT_EQ(evaluate(GetParam().sql, impatient), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Time, SlowRunaway,
    testing::Values(
        SqlCase{"(with recursive c(x) as (select 1 union all select x + 1 from c where x < 10000) "
                "select sum(length(upper(hex(zeroblob(400000 + x))))) from c)",
                kTime},
        SqlCase{"(with recursive c(x) as (select 1 union all select x + 1 from c where x < 10000) "
                "select count(*) from c where json_valid('[' || replace(hex(zeroblob(100000 + x)), "
                "'0', '1,') || '1]'))",
                kTime}));

// Or it keeps something large.
INSTANTIATE_TEST_SUITE_P(
    Memory, Runaway,
    testing::Values(
        SqlCase{"(with recursive c(x, t) as (select 1, '' union select x + 1, "
                "hex(zeroblob(400000)) from c) select count(*) from c)",
                kMemory},
        SqlCase{"(with recursive c(x) as (select 1 union all select x + 1 from c where x < 1000) "
                "select max(t) from (select hex(zeroblob(400000 + x)) as t from c order by t "
                "limit -1 offset 1))",
                kMemory}));

INSTANTIATE_TEST_SUITE_P(
    Values, Runaway,
    testing::Values(SqlCase{"abs(-9223372036854775808)", "! integer overflow"},
                    SqlCase{"(select sum(value) from json_each('[9223372036854775807, 1]'))",
                            "! integer overflow"},
                    SqlCase{"json_extract('{}', 'a secret')", "! JSON path error"},
                    SqlCase{"'a secret' -> '$.a'", "! malformed JSON"},
                    SqlCase{"json(replace(hex(zeroblob(100000)), '0', '['))", "! malformed JSON"},
                    SqlCase{
                        "(select count(*) from json_tree(replace(hex(zeroblob(1500)), '0', '[')))",
                        "! malformed JSON"},
                    SqlCase{"date('now', 'local' || 'time')",
                            "! the local time depends on the machine; times are in UTC here"},
                    SqlCase{"datetime('2026-01-01', 'UT' || 'C')",
                            "! the local time depends on the machine; times are in UTC here"}));

// None of these takes noticeable time, whatever is in the texts.
INSTANTIATE_TEST_SUITE_P(
    LongTexts, Runaway,
    testing::Values(
        SqlCase{"replace(hex(zeroblob(400000)), hex(zeroblob(200000)) || '1', '') = ''", "0"},
        SqlCase{"instr(hex(zeroblob(400000)), hex(zeroblob(200000)) || '1')", "0"},
        SqlCase{"split_part(hex(zeroblob(400000)), hex(zeroblob(200000)) || '1', -2)", R"("")"},
        SqlCase{"hex(zeroblob(400000)) regexp '(0*)*(0*)*1$'", "false"},
        SqlCase{"hex(zeroblob(400000)) regexp '^(0|00|000)+1'", "false"},
        SqlCase{"length(trim(hex(zeroblob(400000)), (with recursive c(x) as (select 1000 union all "
                "select x + 1 from c where x < 10000) select group_concat(char(x), '') from c)))",
                "800000"},
        SqlCase{"'a' like hex(zeroblob(200))", "! LIKE or GLOB pattern too complex"},
        SqlCase{"contains('[' || replace(hex(zeroblob(200000)), '0', '1,') || '2]', 2)", "true"}));

TEST(Runaway, ReplacementThatLooksAheadFromEachMatchEnds) {
  EXPECT_EQ(evaluate("length(regexp_replace(hex(zeroblob(7900000)), '0(.*1)?', 'x'))"),
            "! regexp_replace() took too long");
}

}  // namespace
}  // namespace waltrack
