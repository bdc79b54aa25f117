#include "workshop/column_text.hpp"

#include <gtest/gtest.h>

#include "mapping/value_json.hpp"

namespace waltrack {
namespace {

// What `yaml` gives for a column of that kind; "fault: …" where it is refused.
std::string text(const std::string& yaml, ValueKind kind, ValueKind element = ValueKind::text) {
  Diagnostics faults;
  const auto documents = read_yaml("v: " + yaml + "\n", "t.yaml", faults);
  EXPECT_FALSE(faults.has_errors()) << faults.text();
  ColumnType type;
  type.kind = kind;
  type.element = element;
  type.name = "T";
  std::string fault;
  const auto text = column_text(*documents.at(0).find("v"), type, fault);
  return text ? *text : "fault: " + fault;
}

// The same as it goes into an event.
std::string json(const std::string& yaml, ValueKind kind, ValueKind element = ValueKind::text) {
  ColumnType type;
  type.kind = kind;
  type.element = element;
  std::string out;
  const std::string value = text(yaml, kind, element);
  append_value_json(out, type, Value::present(value));
  return out;
}

TEST(ColumnText, SpellsValuesAsPostgresDoes) {
  EXPECT_EQ(text("true", ValueKind::boolean), "t");
  EXPECT_EQ(text("false", ValueKind::boolean), "f");
  EXPECT_EQ(text("7", ValueKind::int8), "7");
  EXPECT_EQ(text("99.00", ValueKind::numeric), "99.00");
  EXPECT_EQ(text("NaN", ValueKind::float8), "NaN");
  EXPECT_EQ(text("7", ValueKind::text), "7");
  EXPECT_EQ(text("'\\xDEADBEEF'", ValueKind::bytea), "DEADBEEF");
  EXPECT_EQ(text("2026-11-23", ValueKind::date), "2026-11-23");
}

TEST(ColumnText, TakesTimesInIso8601) {
  EXPECT_EQ(text("2026-11-23T12:37:33Z", ValueKind::timestamptz), "2026-11-23 12:37:33.000000+00");
  EXPECT_EQ(text("2026-11-23T14:37:33.5+02:00", ValueKind::timestamptz),
            "2026-11-23 12:37:33.500000+00");
  EXPECT_EQ(text("2026-11-23 12:37:33", ValueKind::timestamp), "2026-11-23 12:37:33.000000");
  EXPECT_EQ(json("2026-11-23T12:37:33Z", ValueKind::timestamptz),
            "\"2026-11-23T12:37:33.000000Z\"");
}

TEST(ColumnText, TakesMapsAndListsForJson) {
  EXPECT_EQ(text("{ ui: { dark: true }, n: [1, x, null] }", ValueKind::json),
            R"({"ui":{"dark":true},"n":[1,"x",null]})");
  EXPECT_EQ(text(R"('{"a": 1}')", ValueKind::json), R"({"a": 1})");
  EXPECT_EQ(text("word", ValueKind::json), "\"word\"");
}

TEST(ColumnText, QuotesTheElementsOfLists) {
  EXPECT_EQ(json(R"([a, "b c", 'q"\', null, ""])", ValueKind::array),
            R"(["a","b c","q\"\\",null,""])");
  EXPECT_EQ(json("[[1, 2], [3, 4]]", ValueKind::array, ValueKind::int4), "[[1,2],[3,4]]");
  EXPECT_EQ(json("[true]", ValueKind::array, ValueKind::boolean), "[true]");
  EXPECT_EQ(json("'{a,b}'", ValueKind::array), R"(["a","b"])");
  EXPECT_EQ(json("{ a: x, b: null }", ValueKind::hstore), R"({"a":"x","b":null})");
}

TEST(ColumnText, TellsWhatATypeTakes) {
  EXPECT_EQ(text("yes", ValueKind::boolean), "fault: a column of type T takes true or false");
  EXPECT_EQ(text("1.5", ValueKind::int4), "fault: a column of type T takes a whole number");
  EXPECT_EQ(text("{ a: 1 }", ValueKind::text), "fault: a column of type T takes a text");
  for (const ValueKind kind : {ValueKind::timestamptz, ValueKind::date, ValueKind::bytea,
                               ValueKind::numeric, ValueKind::array})
    EXPECT_TRUE(text("yesterday", kind).starts_with("fault: ")) << static_cast<int>(kind);
  EXPECT_TRUE(text("[1, x]", ValueKind::array, ValueKind::int4).starts_with("fault: "));
}

}  // namespace
}  // namespace waltrack
