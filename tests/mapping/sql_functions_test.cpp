// What our functions give, and what they do with null and with nonsense.
#include "mapping/sql_functions.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "mapping/sql_harness.hpp"

namespace waltrack {
namespace {

class SqlFunctionGives : public testing::TestWithParam<SqlCase> {};

TEST_P(SqlFunctionGives, What) {
  EXPECT_EQ(evaluate(GetParam().sql), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Concat, SqlFunctionGives,
    testing::Values(SqlCase{"concat('a', null, 1, 2.5)", R"("a12.5")"},
                    SqlCase{"concat(null, null)", R"("")"}, SqlCase{"concat()", R"("")"},
                    SqlCase{"concat(x'4142', 'ü')", "\"ABü\""},
                    SqlCase{"concat(hex(zeroblob(7000000)), hex(zeroblob(7000000)))",
                            "! a text of more than 16000000 bytes"}));

INSTANTIATE_TEST_SUITE_P(
    SplitPart, SqlFunctionGives,
    testing::Values(
        SqlCase{"split_part('ann@x.io', '@', 2)", R"("x.io")"},
        SqlCase{"split_part('a,b,c', ',', 1)", R"("a")"},
        SqlCase{"split_part('a,b,c', ',', -1)", R"("c")"},
        SqlCase{"split_part('a,b,c', ',', -3)", R"("a")"},
        SqlCase{"split_part('a,b,c', ',', 4)", R"("")"},
        SqlCase{"split_part('a,b,c', ',', -4)", R"("")"},
        SqlCase{"split_part('a::b::c', '::', 2)", R"("b")"},
        SqlCase{"split_part('a,,c', ',', 2)", R"("")"}, SqlCase{"split_part('', ',', 1)", R"("")"},
        SqlCase{"split_part('abc', '', 1)", R"("abc")"},
        SqlCase{"split_part('abc', '', -1)", R"("abc")"},
        SqlCase{"split_part('abc', '', 2)", R"("")"},
        SqlCase{"split_part('a', ',', 9223372036854775807)", R"("")"},
        SqlCase{"split_part('a', ',', -9223372036854775807 - 1)", R"("")"},
        SqlCase{"split_part(null, ',', 1)", "null"}, SqlCase{"split_part('a', null, 1)", "null"},
        SqlCase{"split_part('a', ',', null)", "null"},
        SqlCase{"split_part('a', ',', 0)", "! split_part() counts from 1, or from -1 at the end"},
        SqlCase{"split_part('a', ',', 'x')",
                "! split_part() with a place that is not a whole number"}));

INSTANTIATE_TEST_SUITE_P(
    Contains, SqlFunctionGives,
    testing::Values(
        SqlCase{R"(contains('["a", "b c"]', 'b c'))", "true"},
        SqlCase{R"(contains('["a"]', 'A'))", "false"},
        SqlCase{R"(contains('["\u00e4"]', 'ä'))", "true"},
        SqlCase{"contains('[1, 2.0]', 2)", "true"}, SqlCase{"contains('[1, 2.5]', 2.5)", "true"},
        SqlCase{"contains('[1]', '1')", "false"},
        SqlCase{R"(contains('["9007199254740993"]', 9007199254740993))", "true"},
        SqlCase{"contains('[9007199254740993]', 9007199254740992)", "false"},
        SqlCase{"contains('[true]', 1)", "true"}, SqlCase{"contains('[true]', 0)", "false"},
        SqlCase{"contains('[[\"a\"], {\"a\": 1}, null]', 'a')", "false"},
        SqlCase{"contains('[]', 'a')", "false"},
        SqlCase{"contains(json_array('a', 1), 'a') + 0", "1"},
        SqlCase{"contains(null, 'a')", "null"}, SqlCase{"contains('[null]', null)", "null"},
        SqlCase{"contains('{\"a\": 1}', 'a')", "! contains() of what is not a JSON array"},
        SqlCase{"contains('a secret', 'a')", "! contains() of what is not a JSON array"},
        SqlCase{"contains('', 'a')", "! contains() of what is not a JSON array"},
        SqlCase{"contains('[1, ', 2)", "! contains() of what is not a JSON array"},
        SqlCase{"contains(x'ff', 2)", "! contains() of what is not a JSON array"}));

INSTANTIATE_TEST_SUITE_P(
    DateTrunc, SqlFunctionGives,
    testing::Values(
        SqlCase{"date_trunc('year', '2026-11-23T12:37:33.098093Z')",
                R"("2026-01-01T00:00:00.000000Z")"},
        SqlCase{"date_trunc('quarter', '2026-11-23T12:37:33.098093Z')",
                R"("2026-10-01T00:00:00.000000Z")"},
        SqlCase{"date_trunc('quarter', '2026-06-30')", R"("2026-04-01")"},
        SqlCase{"date_trunc('month', '2026-11-23T12:37:33.098093Z')",
                R"("2026-11-01T00:00:00.000000Z")"},
        SqlCase{"date_trunc('week', '2026-11-23T12:37:33.098093Z')",
                R"("2026-11-23T00:00:00.000000Z")"},
        SqlCase{"date_trunc('week', '2026-11-22')", R"("2026-11-16")"},
        SqlCase{"date_trunc('week', '1970-01-01')", R"("1969-12-29")"},
        SqlCase{"date_trunc('week', '1969-12-28')", R"("1969-12-22")"},
        SqlCase{"date_trunc('day', '2026-11-23T12:37:33.098093')",
                R"("2026-11-23T00:00:00.000000")"},
        SqlCase{"date_trunc('HOUR', '2026-11-23T12:37:33.098093Z')",
                R"("2026-11-23T12:00:00.000000Z")"},
        SqlCase{"date_trunc('minute', '2026-11-23T12:37:33.098093Z')",
                R"("2026-11-23T12:37:00.000000Z")"},
        SqlCase{"date_trunc('second', '2026-11-23T12:37:33.098093Z')",
                R"("2026-11-23T12:37:33.000000Z")"},
        SqlCase{"date_trunc('hour', '2026-11-23 12:37:33')", R"("2026-11-23T12:00:00.000000")"},
        SqlCase{"date_trunc('hour', '2026-11-23T12:37:33+02:00')",
                R"("2026-11-23T10:00:00.000000Z")"},
        SqlCase{"date_trunc('hour', '2000-02-29')", R"("2000-02-29")"},
        SqlCase{"date_trunc('month', '-000043-03-15')", R"("-000043-03-01")"},
        SqlCase{"date_trunc('year', 'infinity')", R"("infinity")"},
        SqlCase{"date_trunc('year', null)", "null"}, SqlCase{"date_trunc(null, now())", "null"},
        SqlCase{"date_trunc('eon', now())", "! date_trunc() of a unit that it does not know"},
        SqlCase{"date_trunc('day', 'a secret')", "! date_trunc() of what is not a date and time"}));

INSTANTIATE_TEST_SUITE_P(
    Iso8601, SqlFunctionGives,
    testing::Values(
        SqlCase{"iso8601('2026-11-23 12:37:33')", R"("2026-11-23T12:37:33.000000Z")"},
        SqlCase{"iso8601('2026-11-23')", R"("2026-11-23T00:00:00.000000Z")"},
        SqlCase{"iso8601('2026-11-23T12:37:33.5+02:00')", R"("2026-11-23T10:37:33.500000Z")"},
        SqlCase{"iso8601(datetime('2026-01-01', '+1 day'))", R"("2026-01-02T00:00:00.000000Z")"},
        SqlCase{"iso8601(1795437453)", R"("2026-11-23T12:37:33.000000Z")"},
        SqlCase{"iso8601(1795437453.25)", R"("2026-11-23T12:37:33.250000Z")"},
        SqlCase{"iso8601(1795437453250, 'ms')", R"("2026-11-23T12:37:33.250000Z")"},
        SqlCase{"iso8601(1795437453250001, 'US')", R"("2026-11-23T12:37:33.250001Z")"},
        SqlCase{"iso8601('1795437453250', 'ms')", R"("2026-11-23T12:37:33.250000Z")"},
        SqlCase{"iso8601('1795437453.25', 's')", R"("2026-11-23T12:37:33.250000Z")"},
        SqlCase{"iso8601(-1)", R"("1969-12-31T23:59:59.000000Z")"},
        SqlCase{"iso8601(null)", "null"}, SqlCase{"iso8601(1, null)", "null"},
        SqlCase{"iso8601(9223372036854775807)",
                "! iso8601() of a time outside of the years 0 to 9999"},
        SqlCase{"iso8601(1e300)", "! iso8601() of a time outside of the years 0 to 9999"},
        SqlCase{"iso8601('a secret')", "! iso8601() of what is not a date and time"},
        SqlCase{"iso8601('1795437453')", "! iso8601() of what is not a date and time"},
        SqlCase{"iso8601(1, 'weeks')", "! iso8601() of a unit other than s, ms and us"}));

INSTANTIATE_TEST_SUITE_P(
    Sha256, SqlFunctionGives,
    testing::Values(
        SqlCase{"sha256('abc')",
                R"("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")"},
        SqlCase{"sha256(x'616263')",
                R"("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")"},
        SqlCase{"sha256('')",
                R"("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")"},
        SqlCase{"sha256(7) = sha256('7')", "1"}, SqlCase{"sha256(null)", "null"}));

INSTANTIATE_TEST_SUITE_P(Letters, SqlFunctionGives,
                         testing::Values(SqlCase{"lower('ÄÖÜ Σ İ ABC')", "\"äöü σ i abc\""},
                                         SqlCase{"upper('straße éđ')", "\"STRAẞE ÉĐ\""},
                                         SqlCase{"upper(1.5)", R"("1.5")"},
                                         SqlCase{"lower(null)", "null"},
                                         SqlCase{"hex(lower(x'41ff42'))", R"("61FF62")"},
                                         SqlCase{"lower('')", R"("")"}));

INSTANTIATE_TEST_SUITE_P(
    Regexp, SqlFunctionGives,
    testing::Values(SqlCase{"'abc' regexp 'b'", "true"}, SqlCase{"'abc' not regexp '^b'", "1"},
                    SqlCase{"regexp('(?i)B$', 'ab')", "true"}, SqlCase{"null regexp 'a'", "null"},
                    SqlCase{"'a' regexp null", "null"}, SqlCase{"'' regexp '^$'", "true"},
                    SqlCase{"'ü' regexp '^.$'", "true"}, SqlCase{"12 regexp '2'", "true"},
                    SqlCase{"'a' regexp ('(' || 'a')", "! an invalid regular expression"},
                    SqlCase{"'a' regexp replace(hex(zeroblob(2001)), '0', 'a')",
                            "! a regular expression of more than 4000 bytes"},
                    SqlCase{"regexp_extract('order-123', '[0-9]+')", R"("123")"},
                    SqlCase{"regexp_extract('order-123', '([a-z]+)-([0-9]+)')", R"("order")"},
                    SqlCase{"regexp_extract('order-123', '([a-z]+)-([0-9]+)', 2)", R"("123")"},
                    SqlCase{"regexp_extract('order-123', '([a-z]+)-([0-9]+)', 0)",
                            R"("order-123")"},
                    SqlCase{"regexp_extract('abc', '[0-9]+')", "null"},
                    SqlCase{"regexp_extract('b', '(a)|b')", "null"},
                    SqlCase{"regexp_extract('b', '()b')", R"("")"},
                    SqlCase{"regexp_extract(null, 'a')", "null"},
                    SqlCase{"regexp_extract('a', 'a', 1 + 0)",
                            "! regexp_extract() of a group that the pattern does not have"},
                    SqlCase{"regexp_extract('a', 'a', -1)",
                            "! regexp_extract() of a group that the pattern does not have"},
                    SqlCase{"regexp_extract('a', 'a', 'x')",
                            "! regexp_extract() with a group that is not a whole number"}));

INSTANTIATE_TEST_SUITE_P(
    RegexpReplace, SqlFunctionGives,
    testing::Values(SqlCase{"regexp_replace('a1b22', '[0-9]+', '#')", R"("a#b#")"},
                    SqlCase{R"(regexp_replace('ann@x.io', '(.+)@(.+)', '\2/\1/\0/\\'))",
                            R"("x.io/ann/ann@x.io/\\")"},
                    SqlCase{"regexp_replace('abc', '', '-')", R"("-a-b-c-")"},
                    SqlCase{"regexp_replace('aüc', 'x*', '-')", "\"-a-ü-c-\""},
                    SqlCase{"regexp_replace('baac', 'a*', '-')", R"("-b-c-")"},
                    SqlCase{"regexp_replace('aaa', '^a', '')", R"("aa")"},
                    SqlCase{"regexp_replace('', '^', 'x')", R"("x")"},
                    SqlCase{"regexp_replace('abc', 'x', 'y')", R"("abc")"},
                    SqlCase{"regexp_replace(null, 'x', 'y')", "null"},
                    SqlCase{"regexp_replace('a', 'x', null)", "null"},
                    SqlCase{R"(regexp_replace('a', 'a', '\1'))",
                            "! regexp_replace() with a reference to no group of the pattern"},
                    SqlCase{R"(regexp_replace('a', 'a', '\'))",
                            "! regexp_replace() with a reference to no group of the pattern"}));

// SQLite's own, which ours stand in for.
INSTANTIATE_TEST_SUITE_P(
    InPlaceOfSqlites, SqlFunctionGives,
    testing::Values(
        SqlCase{"instr('äbc', 'c')", "3"}, SqlCase{"instr(x'c3a463', x'63')", "3"},
        SqlCase{"instr('abc', '')", "1"}, SqlCase{"instr('', 'a')", "0"},
        SqlCase{"instr(123, 3)", "3"}, SqlCase{"instr(null, 'a')", "null"},
        SqlCase{"replace('aXbX', 'X', '--')", R"("a--b--")"},
        SqlCase{"replace('abc', '', 'x')", R"("abc")"}, SqlCase{"replace('', 'a', 'x')", R"("")"},
        SqlCase{"replace(101, 0, 2)", R"("121")"}, SqlCase{"replace('a', 'a', null)", "null"},
        SqlCase{"trim('  a b ') || '|'", R"("a b|")"}, SqlCase{"ltrim('  a ') || '|'", R"("a |")"},
        SqlCase{"rtrim('  a ') || '|'", R"("  a|")"}, SqlCase{"trim('xäüxbäx', 'äx')", "\"üxb\""},
        SqlCase{"trim('aaa', 'a')", R"("")"}, SqlCase{"trim(' a ', '')", R"(" a ")"},
        SqlCase{"rtrim(1500, 0)", R"("15")"}, SqlCase{"trim('a', null)", "null"},
        SqlCase{"ltrim(null)", "null"},
        SqlCase{"printf('%5d|%-5d|%05.1f|%,d|%!.20g|%c|%x', 1, 2, 3.14, 1234567, 1.5, 'abc', 255)",
                R"("    1|2    |003.1|1,234,567|1.5|a|ff")"},
        SqlCase{"printf('%q %Q %w %s|', 'it''s', null, 'a\"b', null)", R"("it''s NULL a\"\"b |")"},
        SqlCase{"printf('%i %u %o %X %e %G %p', -3, -3, 8, 255, 2.5, 2.5, 255)",
                R"("-3 18446744073709551613 10 FF 2.500000e+00 2.5 FF")"},
        SqlCase{"printf('%*d|%-*d|%.*f', 4, 1, 4, 2, 1, 2.55)", R"("   1|2   |2.6")"},
        SqlCase{"printf('%.3c|%5.3c|%.2s|%!.2s', 'x', 'x', 'äöü', 'äöü')", "\"xxx|  xxx|ä|äö\""},
        SqlCase{"printf('%d %s %f', 'x')", R"("0  0.000000")"},
        SqlCase{"format('%s%%', 5)", R"("5%")"}, SqlCase{"printf('')", R"("")"},
        SqlCase{"printf(null, 1)", "null"}, SqlCase{"printf()", "null"},
        SqlCase{"printf('%y', 1)", "! printf() of a conversion that it does not know"},
        SqlCase{"printf('%', 1)", "! printf() of a conversion that it does not know"}));

TEST(SqlFunctions, NamesAreSortedAndSaidOnce) {
  auto names = allowed_functions();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

}  // namespace
}  // namespace waltrack
