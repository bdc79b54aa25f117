// What one value of a mapping gives for one row: literals, columns, SQL, forms.
#include <gtest/gtest.h>

#include "mapping/mapping_harness.hpp"

namespace waltrack {
namespace {

Values a_row() {
  return {{"id", "7"},
          {"email", "Ann@X.io"},
          {"name", "Ann"},
          {"plan", "99.00"},
          {"role", "admin"},
          {"verified", "t"},
          {"is_test", "f"},
          {"order", "o-1"},
          {"Full Name", "Ann B"},
          {"Case", "upper"},
          {"case", "lower"},
          {"seats", "5"},
          {"big", "9007199254740993"},
          {"fee", "12.50"},
          {"score", "0.1"},
          {"created_at", "2026-01-02 03:04:05.6+00"},
          {"local_at", "2026-01-02 03:04:05"},
          {"born", "2000-02-29"},
          {"prefs", R"({"ui": {"dark": true}, "n": 3, "s": "x"})"},
          {"tags", "{a,NULL,\"b c\"}"},
          {"avatar", "00ff10"},
          {"city", "Köln"}};
}

struct Case {
  const char* value;     // as YAML, behind "p: "
  const char* expected;  // JSON
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.value;
}

class ExpressionValue : public testing::TestWithParam<Case> {};

TEST_P(ExpressionValue, GivesJson) {
  Mapped mapped(track("    p: " + std::string(GetParam().value) + "\n"));
  mapped.insert(a_row());
  ASSERT_EQ(mapped.sink.events.size(), 1U) << mapped.rejections();
  std::string expected = R"("properties":{"p":)" + std::string(GetParam().expected) + "}";
  EXPECT_NE(mapped.sink.events[0].json.find(expected), std::string::npos)
      << mapped.sink.events[0].json << "\nexpected " << expected;
}

INSTANTIATE_TEST_SUITE_P(
    Literals, ExpressionValue,
    testing::Values(Case{"5", "5"}, Case{"-1.50", "-1.50"}, Case{"1e3", "1e3"},
                    Case{"true", "true"}, Case{"false", "false"}, Case{"null", "null"},
                    Case{"~", "null"}, Case{"'5'", "5"}, Case{"007", "7"},
                    Case{"{ $literal: web }", R"("web")"}, Case{"{ $literal: 5 }", "5"},
                    Case{"{ $literal: '5' }", R"("5")"}, Case{"1e999", R"("Infinity")"},
                    Case{"{ $literal: [1e308, 1e999] }", R"([1e308,"1e999"])"},
                    Case{"{ $literal: [a, true, null, {k: 1}] }", R"(["a",true,null,{"k":1}])"},
                    Case{"{ $literal: \"q\\\"\\n\" }", R"("q\"\n")"},
                    Case{"\"'Hi ' || name\"", R"("Hi Ann")"}, Case{"\"''\"", R"("")"}));

INSTANTIATE_TEST_SUITE_P(
    Columns, ExpressionValue,
    testing::Values(Case{"email", R"("Ann@X.io")"}, Case{"EMAIL", R"("Ann@X.io")"},
                    Case{"order", R"("o-1")"}, Case{"'\"Full Name\"'", R"("Ann B")"},
                    Case{"Full Name", R"("Ann B")"}, Case{"new.plan", R"("99.00")"},
                    Case{"new.order", R"("o-1")"}, Case{"'new.\"Full Name\"'", R"("Ann B")"},
                    Case{"Case", R"("upper")"}, Case{"case", R"("lower")"},
                    Case{"'new.\"case\"'", R"("lower")"}, Case{"verified", "true"},
                    Case{"is_test", "false"}, Case{"seats", "5"},
                    Case{"big", R"("9007199254740993")"}, Case{"fee", "12.50"},
                    Case{"score", "0.1"}, Case{"created_at", R"("2026-01-02T03:04:05.600000Z")"},
                    Case{"prefs", R"({"ui": {"dark": true}, "n": 3, "s": "x"})"},
                    Case{"tags", R"(["a",null,"b c"])"}, Case{"avatar", R"("AP8Q")"},
                    Case{"city", "\"Köln\""}, Case{"device_id", "null"}, Case{"old.plan", "null"}));

INSTANTIATE_TEST_SUITE_P(
    Event, ExpressionValue,
    testing::Values(Case{"event.op", R"("insert")"}, Case{"event.schema", R"("public")"},
                    Case{"event.table_name", R"("users")"}, Case{"event.lsn", R"("16/B374D848")"},
                    Case{"event.xid", "731"}, Case{"event.xid + 1", "732"},
                    Case{"event.committed_at", R"("2026-11-23T12:37:33.098093Z")"},
                    Case{"event.op || '/' || event.lsn", R"("insert/16/B374D848")"},
                    Case{"event.schema || '.' || event.table_name || ' ' || plan",
                         R"("public.users 99.00")"}));

// The clock is the commit time.
INSTANTIATE_TEST_SUITE_P(
    Clock, ExpressionValue,
    testing::Values(Case{"now()", R"("2026-11-23T12:37:33.098093Z")"},
                    Case{"datetime('now')", R"("2026-11-23 12:37:33")"},
                    Case{"date()", R"("2026-11-23")"},
                    Case{"current_timestamp", R"("2026-11-23 12:37:33")"},
                    Case{"current_date", R"("2026-11-23")"},
                    Case{"strftime('%H:%M:%f', 'now')", R"("12:37:33.098")"},
                    Case{"unixepoch()", "1795437453"}, Case{"now() = event.committed_at", "true"},
                    Case{"created_at < now()", "true"},
                    Case{"julianday('now') - julianday('2026-11-22 12:37:33.098')", "1"}));

// Types of what is bound decide what SQL computes.
INSTANTIATE_TEST_SUITE_P(
    Binding, ExpressionValue,
    testing::Values(Case{"typeof(seats) || typeof(verified) || typeof(big)",
                         R"("integerintegerinteger")"},
                    Case{"typeof(fee) || typeof(score) || typeof(plan)", R"("realrealtext")"},
                    Case{"role = 5", "false"}, Case{"email > 5", "true"}, Case{"id = '7'", "true"},
                    Case{"fee > 9", "true"}, Case{"fee * 2", "25"}, Case{"verified + 1", "2"},
                    Case{"verified = true", "true"},
                    Case{"created_at || ''", R"("2026-01-02T03:04:05.600000Z")"},
                    Case{"local_at || ''", R"("2026-01-02T03:04:05.000000")"},
                    Case{"strftime('%Y', born)", R"("2000")"}, Case{"typeof(prefs)", R"("text")"},
                    Case{"prefs ->> 'n'", "3"}, Case{"prefs ->> '$.ui.dark'", "1"},
                    Case{"tags ->> 0", R"("a")"}, Case{"json_array_length(tags)", "3"},
                    Case{"typeof(avatar)", R"("blob")"}, Case{"length(avatar)", "3"},
                    Case{"hex(avatar)", R"("00FF10")"}, Case{"device_id is null", "true"}));

INSTANTIATE_TEST_SUITE_P(
    Results, ExpressionValue,
    testing::Values(
        Case{"lower(email)", R"("ann@x.io")"}, Case{"prefs -> 'ui'", R"({"dark":true})"},
        Case{"prefs -> 's'", R"("x")"}, Case{"prefs ->> 'ui'", R"("{\"dark\":true}")"},
        Case{"json_object('a', seats, 'b', json_array(1, null))", R"({"a":5,"b":[1,null]})"},
        Case{"(select json_group_array(value) from json_each(tags) where value is not null)",
             R"(["a","b c"])"},
        Case{"select count(*) from json_each(tags)", "3"}, Case{"1/0", "null"},
        Case{"0.1 + 0.2", "0.3"}, Case{"1.0 / 3", "0.333333333333333"}, Case{"2.0 * 3", "6"},
        Case{"1e20 * 1", "1e+20"}, Case{"-0.0 * 1", "0"}, Case{"1e308 * 10", R"("Infinity")"},
        Case{"-1e308 * 10", R"("-Infinity")"}, Case{"1e308 * 10 - 1e308 * 10", "null"},
        Case{"big + 0", R"("9007199254740993")"},
        Case{"big + big - seats * 2", R"("18014398509481976")"},
        Case{"big * 1000.0", "9.00719925474099e+18"},
        Case{"-9007199254740991 + 0", "-9007199254740991"}, Case{"x'00ff10'", R"("AP8Q")"},
        Case{"cast(x'ff41' as text)",
             "\"\xEF\xBF\xBD"
             "A\""},
        Case{"char(0) || 'a'", R"("\u0000a")"}, Case{"coalesce(device_id, city)", "\"Köln\""},
        Case{"upper('ä' || 'b')", "\"ÄB\""}));

INSTANTIATE_TEST_SUITE_P(
    Truth, ExpressionValue,
    testing::Values(Case{"role = 'admin'", "true"}, Case{"(role = 'admin')", "true"},
                    Case{"((role) <> ('admin'))", "false"}, Case{"not verified", "false"},
                    Case{"verified and seats", "true"}, Case{"seats in (1, 5)", "true"},
                    Case{"seats between 6 and 9", "false"}, Case{"device_id = 'x'", "null"},
                    Case{"email like 'ann%'", "true"}, Case{"email glob 'ann*'", "false"},
                    Case{"device_id isnull", "true"}, Case{"is_test is not true", "true"},
                    Case{"exists (select 1 from json_each(tags))", "true"},
                    Case{"case when seats = 5 then 1 else 0 end", "1"},
                    Case{"case when seats = 5 then 1 else 0 end = 1", "true"},
                    Case{"iif(seats = 5, 1, 0)", "1"}, Case{"(seats = 5) + 0", "1"},
                    Case{"coalesce(verified, false)", "1"},
                    Case{"bool(coalesce(verified, false))", "true"}, Case{"bool(seats)", "true"},
                    Case{"bool(0.0)", "false"}, Case{"bool(null)", "null"},
                    Case{"bool('off')", "false"}, Case{"bool('YES')", "true"}, Case{"TRUE", "true"},
                    Case{"(False)", "false"}, Case{"changed.plan", "true"},
                    Case{"changed.device_id", "false"}, Case{"changed.plan and 1", "true"},
                    Case{"json_valid(prefs)", "1"},
                    Case{"{ $sql: json_valid(prefs), $type: boolean }", "true"}));

INSTANTIATE_TEST_SUITE_P(
    DeclaredTypes, ExpressionValue,
    testing::Values(Case{"{ $sql: fee, $type: string }", R"("12.50")"},
                    Case{"{ $sql: seats, $type: string }", R"("5")"},
                    Case{"{ $sql: seats + 1, $type: string }", R"("6")"},
                    Case{"{ $sql: verified, $type: string }", R"("true")"},
                    Case{"{ $sql: prefs, $type: string }",
                         R"("{\"ui\": {\"dark\": true}, \"n\": 3, \"s\": \"x\"}")"},
                    Case{"{ $sql: created_at, $type: string }", R"("2026-01-02T03:04:05.600000Z")"},
                    Case{"{ $sql: big, $type: number }", "9007199254740993"},
                    Case{"{ $sql: plan, $type: number }", "99.00"},
                    Case{"{ $sql: fee, $type: number }", "12.50"},
                    Case{"{ $sql: verified, $type: number }", "1"},
                    Case{"{ $sql: fee * 2, $type: integer }", "25"},
                    Case{"{ $sql: plan, $type: integer }", "99"},
                    Case{"{ $sql: role = 'admin', $type: integer }", "1"},
                    Case{"{ $sql: 'coalesce(verified, 0)', $type: boolean }", "true"},
                    Case{"{ $sql: verified, $type: boolean }", "true"},
                    Case{"{ $sql: \"coalesce(prefs, '{}')\", $type: json }",
                         R"({"ui": {"dark": true}, "n": 3, "s": "x"})"},
                    Case{"{ $sql: prefs, $type: json }",
                         R"({"ui": {"dark": true}, "n": 3, "s": "x"})"},
                    Case{"{ $sql: tags, $type: json }", R"(["a",null,"b c"])"},
                    Case{"{ $sql: local_at, $type: datetime }", R"("2026-01-02T03:04:05.000000Z")"},
                    Case{"{ $sql: born, $type: datetime }", R"("2000-02-29T00:00:00.000000Z")"},
                    Case{"{ $sql: \"datetime(born, '+1 day')\", $type: datetime }",
                         R"("2000-03-01T00:00:00.000000Z")"},
                    Case{"{ $sql: device_id, $type: number }", "null"},
                    Case{"{ $sql: 'nullif(seats, 5)', $type: integer }", "null"}));

INSTANTIATE_TEST_SUITE_P(
    Shapes, ExpressionValue,
    testing::Values(Case{"{ city: city, at: { seats: seats } }",
                         "{\"city\":\"Köln\",\"at\":{\"seats\":5}}"},
                    Case{"[role, 5, lower(email), [name]]", R"(["admin",5,"ann@x.io",["Ann"]])"},
                    Case{"{}", "{}"}, Case{"[]", "[]"},
                    Case{"{ $$email: email, $$$x: 1 }", R"({"$email":"Ann@X.io","$$x":1})"},
                    Case{"{ 'quo\"te': 1 }", R"({"quo\"te":1})"}));

TEST(ExpressionBinding, NumericWithoutPointIsAnInteger) {
  Mapped mapped(track("    p: typeof(fee)\n    q: fee / 2\n"));
  mapped.insert({{"id", "7"}, {"fee", "7"}});
  EXPECT_EQ(mapped.properties(), nlohmann::json::parse(R"({"p":"integer","q":3})"));
}

TEST(ExpressionBinding, NumericTooLargeForAnIntegerIsReal) {
  Mapped mapped(track("    p: typeof(fee)\n    q: fee\n"));
  mapped.insert({{"id", "7"}, {"fee", "123456789012345678901234567890"}});
  EXPECT_EQ(mapped.properties(),
            nlohmann::json::parse(R"({"p":"real","q":"123456789012345678901234567890"})"));
}

TEST(ExpressionBinding, NumberThatLostDigitsIsNoId) {
  Mapped rounded("table: users\nuser_id: coalesce(fee, 0)\nidentify: {}\n");
  rounded.insert({{"fee", "12345678901234567890"}});
  EXPECT_EQ(rounded.rejections(),
            "identify: expression_failed: user_id: a number this large lost digits in the "
            "expression; the column by its name alone keeps them\n");
  rounded.insert({{"fee", "123456789012345.0"}});
  EXPECT_EQ(rounded.event()["userId"], "123456789012345");
  Mapped bare("table: users\nuser_id: fee\nidentify: {}\n");
  bare.insert({{"fee", "12345678901234567890"}});
  EXPECT_EQ(bare.event()["userId"], "12345678901234567890");
}

TEST(ExpressionBinding, TextComparesAsTextWithNumbers) {
  Mapped mapped(track("    p: plan = 500\n    q: plan > 10\n"));
  mapped.insert({{"id", "7"}, {"plan", "500"}});
  EXPECT_EQ(mapped.properties(), nlohmann::json::parse(R"({"p":true,"q":true})"));
}

TEST(ExpressionBinding, NumericsBeyondADoubleAreInfiniteOrZero) {
  Mapped mapped(track("    p: fee < 5\n    q: fee\n    r: typeof(fee)\n    s: fee = 0\n"));
  mapped.insert({{"id", "7"}, {"fee", "-1" + std::string(400, '0')}});
  mapped.insert({{"id", "7"}, {"fee", "0." + std::string(400, '0') + "1"}});
  ASSERT_EQ(mapped.sink.events.size(), 2U) << mapped.rejections();
  const auto large = nlohmann::json::parse(mapped.sink.events[0].json)["properties"];
  EXPECT_EQ(large["p"], true);
  EXPECT_EQ(large["q"], "-1" + std::string(400, '0')) << "the bare column keeps its digits";
  EXPECT_EQ(large["r"], "real");
  const auto small = nlohmann::json::parse(mapped.sink.events[1].json)["properties"];
  EXPECT_EQ(small["p"], true);
  EXPECT_EQ(small["s"], true);
}

TEST(ExpressionBinding, DatesAreIso8601AsTheBareColumn) {
  Mapped mapped(track("    p: born || ''\n    q: born\n"));
  mapped.insert({{"id", "7"}, {"born", "0044-03-15 BC"}});
  EXPECT_EQ(mapped.properties(),
            nlohmann::json::parse(R"({"p":"-000043-03-15","q":"-000043-03-15"})"));
}

TEST(ExpressionBinding, NanIsTheTextNaN) {
  Mapped mapped(track("    p: score || ''\n    q: score\n    r: typeof(fee)\n"));
  mapped.insert({{"id", "7"}, {"score", "NaN"}, {"fee", "NaN"}});
  EXPECT_EQ(mapped.properties(), nlohmann::json::parse(R"({"p":"NaN","q":"NaN","r":"text"})"));
}

TEST(ExpressionBinding, InfinityIsReal) {
  Mapped mapped(track("    p: score > 1e300\n    q: coalesce(score, 0)\n"));
  mapped.insert({{"id", "7"}, {"score", "Infinity"}});
  EXPECT_EQ(mapped.properties(), nlohmann::json::parse(R"({"p":true,"q":"Infinity"})"));
}

TEST(ExpressionBinding, BytesAreNoNumberWhateverTheirDigits) {
  Mapped mapped(track("    p: { $sql: avatar, $type: number }\n"));
  mapped.insert({{"id", "7"}, {"avatar", "1234"}});
  EXPECT_EQ(mapped.rejections(),
            "track/E: expression_failed: properties.p: the value is not a number\n");
}

TEST(ExpressionBinding, EmptyTextIsNotNull) {
  Mapped mapped(track("    p: email is null\n    q: length(email)\n"));
  mapped.insert({{"id", "7"}, {"email", ""}});
  EXPECT_EQ(mapped.properties(), nlohmann::json::parse(R"({"p":false,"q":0})"));
}

TEST(ExpressionBinding, ColumnThatChangedItsTypeFailsTheRowInsteadOfBeingMisread) {
  Mapped mapped(track("    p: seats + 1\n    q: seats\n"));
  Table retyped = mapped.table;
  retyped.columns[*retyped.find_column("seats")].type.kind = ValueKind::text;
  mapped.map(TestChange(retyped, Op::insert).now({{"id", "7"}, {"seats", "many"}}));
  EXPECT_EQ(mapped.rejections(),
            "track/E: expression_failed: properties.p: a column's type is no longer the one that "
            "the mapping was checked with\n");
}

TEST(ExpressionResults, ManyExpressionsFitIntoOneRule) {
  std::string properties;
  for (int i = 0; i < 350; ++i) {
    std::string number = std::to_string(i);
    properties += "    p" + number + ": seats + " + number + "\n";
  }
  Mapped mapped(track(properties));
  mapped.insert({{"id", "7"}, {"seats", "5"}});
  nlohmann::json made = mapped.properties();
  ASSERT_EQ(made.size(), 350U);
  for (int i = 0; i < 350; ++i)
    EXPECT_EQ(made["p" + std::to_string(i)], 5 + i);
}

TEST(ExpressionScopes, BareNamesAreTheNewRowsOldOnesBehindOld) {
  Mapped mapped(track("    p: plan || '<' || old.plan || '<' || new.plan\n    q: changed.plan\n"
                      "    r: changed.role\n    s: iif(changed.plan, 'moved', 'same')\n",
                      "  on: update\n"),
                users_table(ReplicaIdentity::full));
  mapped.update({{"id", "7"}, {"plan", "free"}, {"role", "a"}},
                {{"id", "7"}, {"plan", "pro"}, {"role", "a"}});
  EXPECT_EQ(mapped.properties(),
            nlohmann::json::parse(R"({"p":"pro<free<pro","q":true,"r":false,"s":"moved"})"));
}

TEST(ExpressionScopes, DeletedRowIsBareAndOld) {
  Mapped mapped(track("    p: plan\n    q: old.plan\n    r: upper(plan) || upper(old.plan)\n",
                      "  on: delete\n"),
                users_table(ReplicaIdentity::full));
  mapped.remove({{"id", "7"}, {"plan", "pro"}});
  EXPECT_EQ(mapped.properties(), nlohmann::json::parse(R"({"p":"pro","q":"pro","r":"PROPRO"})"));
}

TEST(ExpressionScopes, OldIsAllNullOnInsertAndBackfill) {
  std::string yaml = track(
      "    p: old.plan\n    q: old.plan is null\n    r: changed.plan\n"
      "    s: changed.role\n",
      "  on: [insert, backfill]\n");
  for (Op op : {Op::insert, Op::backfill}) {
    Mapped mapped(yaml);
    mapped.map(TestChange(mapped.table, op).now({{"id", "7"}, {"plan", "pro"}}));
    EXPECT_EQ(mapped.properties(),
              nlohmann::json::parse(R"({"p":null,"q":true,"r":true,"s":false})"));
  }
}

TEST(ExpressionScopes, RuleOfSeveralOpsSeesTheRowAtHand) {
  Mapped mapped(track("    p: upper(plan)\n    q: old.plan is null\n", "  on: [insert, delete]\n"),
                users_table(ReplicaIdentity::full));
  mapped.insert({{"id", "7"}, {"plan", "pro"}}).remove({{"id", "7"}, {"plan", "free"}});
  ASSERT_EQ(mapped.sink.events.size(), 2U) << mapped.rejections();
  EXPECT_EQ(nlohmann::json::parse(mapped.sink.events[0].json)["properties"],
            nlohmann::json::parse(R"({"p":"PRO","q":true})"));
  EXPECT_EQ(nlohmann::json::parse(mapped.sink.events[1].json)["properties"],
            nlohmann::json::parse(R"({"p":"FREE","q":false})"));
}

TEST(ExpressionScopes, NumericsThatAreWrittenDifferentlyHaveNotChanged) {
  Mapped mapped(track("    p: changed.fee\n    q: changed.plan\n", "  on: update\n"),
                users_table(ReplicaIdentity::full));
  mapped.update({{"id", "7"}, {"fee", "1.50"}, {"plan", "1.50"}},
                {{"id", "7"}, {"fee", "1.5"}, {"plan", "1.5"}});
  EXPECT_EQ(mapped.properties(), nlohmann::json::parse(R"({"p":false,"q":true})"));
}

TEST(ExpressionClock, EveryTransactionHasItsOwn) {
  Mapped mapped(track("    p: datetime('now')\n    q: now()\n"));
  mapped.map(TestChange(mapped.table, Op::insert).at(1, 1).now({{"id", "7"}}));
  mapped.map(TestChange(mapped.table, Op::insert).at(-1'500'000, 2).now({{"id", "7"}}));
  ASSERT_EQ(mapped.sink.events.size(), 2U);
  EXPECT_EQ(
      nlohmann::json::parse(mapped.sink.events[0].json)["properties"],
      nlohmann::json::parse(R"({"p":"1970-01-01 00:00:00","q":"1970-01-01T00:00:00.000001Z"})"));
  EXPECT_EQ(
      nlohmann::json::parse(mapped.sink.events[1].json)["properties"],
      nlohmann::json::parse(R"({"p":"1969-12-31 23:59:58","q":"1969-12-31T23:59:58.500000Z"})"));
}

// An expression that cannot be evaluated costs its row's event, in bounded time, and says why
// without the row's values.
class ExpressionFailure : public testing::TestWithParam<Case> {};

TEST_P(ExpressionFailure, RejectsTheRow) {
  Mapped mapped(track("    p: " + std::string(GetParam().value) + "\n    other: 1 + 1\n"));
  mapped.insert(a_row());
  EXPECT_TRUE(mapped.sink.events.empty());
  EXPECT_EQ(mapped.rejections(),
            "track/E: expression_failed: properties.p: " + std::string(GetParam().expected) + "\n");
  // The next row is not harmed.
  mapped.sink.rejections.clear();
  mapped.map(TestChange(mapped.table, Op::remove).before({{"id", "7"}}));
  EXPECT_EQ(mapped.rejections(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Runtime, ExpressionFailure,
    testing::Values(
        Case{"abs(-9223372036854775803 - seats)", "integer overflow"},
        Case{"big * 9007199254740993", "integer overflow"},
        Case{"-(9223372036854775807 + new.seats)", "integer overflow"},
        Case{
            "{ $sql: big * 100.5, $type: integer }",
            "a number this large lost digits in the expression; the column by its name alone keeps "
            "them"},
        Case{"json_extract(prefs, 'bad')", "JSON path error"},
        Case{"prefs -> ('$[' || email)", "JSON path error"},
        Case{"json_extract(email, '$.a')", "malformed JSON"},
        Case{"(with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) "
             "from c)",
             "it ran for more than 1000000 steps"},
        Case{"printf('%1000000000d', 1)", "a text of more than 16000000 bytes"},
        Case{"zeroblob(1e9)", "a text of more than 16000000 bytes"},
        Case{"zeroblob(1000000000)", "a text of more than 16000000 bytes"},
        Case{"email like 'a' escape email", "ESCAPE expression must be a single character"},
        Case{"bool(email)", "bool() of what is not a boolean"},
        Case{"json_object('a', 1e999)", "the value is not JSON"},
        Case{"{ $sql: email, $type: number }", "the value is not a number"},
        Case{"{ $sql: lower(email), $type: number }", "the value is not a number"},
        Case{"{ $sql: fee, $type: integer }", "the value is not an integer"},
        Case{"{ $sql: fee * 1.1, $type: integer }", "the value is not an integer"},
        Case{"{ $sql: seats, $type: boolean }", "the value is not a boolean"},
        Case{"{ $sql: name, $type: json }", "the value is not JSON"},
        Case{"{ $sql: seats, $type: datetime }", "the value is not a date and time"}),
    [](const auto& info) { return "case" + std::to_string(info.index); });

}  // namespace
}  // namespace waltrack
