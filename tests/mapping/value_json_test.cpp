#include "mapping/value_json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "support/allocation_count.hpp"

namespace waltrack {
namespace {

const std::vector<ValueKind> kKinds = {
    ValueKind::boolean, ValueKind::int2,      ValueKind::int4,        ValueKind::int8,
    ValueKind::oid,     ValueKind::float4,    ValueKind::float8,      ValueKind::numeric,
    ValueKind::text,    ValueKind::bytea,     ValueKind::date,        ValueKind::time,
    ValueKind::timetz,  ValueKind::timestamp, ValueKind::timestamptz, ValueKind::interval,
    ValueKind::json,    ValueKind::array,     ValueKind::range,       ValueKind::multirange,
    ValueKind::hstore};

ColumnType type_of(ValueKind kind, ValueKind element = ValueKind::text, char delimiter = ',') {
  ColumnType type;
  type.kind = kind;
  type.element = element;
  type.delimiter = delimiter;
  return type;
}

std::string json(const ColumnType& type, std::string_view text) {
  std::string out;
  append_value_json(out, type, Value::present(text));
  EXPECT_TRUE(nlohmann::json::accept(out)) << out;
  return out;
}

std::string json(ValueKind kind, std::string_view text) {
  return json(type_of(kind), text);
}

std::string array(ValueKind element, std::string_view text) {
  return json(type_of(ValueKind::array, element), text);
}

std::string range(ValueKind element, std::string_view text) {
  return json(type_of(ValueKind::range, element), text);
}

TEST(ValueJson, NullOfEveryKindIsNull) {
  for (const ValueKind kind : kKinds) {
    std::string out = "x";
    append_value_json(out, type_of(kind), Value::null());
    EXPECT_EQ(out, "xnull");
  }
}

TEST(ValueJson, BooleansAreTrueAndFalse) {
  EXPECT_EQ(json(ValueKind::boolean, "t"), "true");
  EXPECT_EQ(json(ValueKind::boolean, "f"), "false");
  EXPECT_EQ(json(ValueKind::boolean, "yes"), "\"yes\"");
}

TEST(ValueJson, IntegersAreNumbersAsLongAsEveryReaderCarriesThem) {
  EXPECT_EQ(json(ValueKind::int2, "-32768"), "-32768");
  EXPECT_EQ(json(ValueKind::int4, "2147483647"), "2147483647");
  EXPECT_EQ(json(ValueKind::oid, "4294967295"), "4294967295");
  EXPECT_EQ(json(ValueKind::int8, "9007199254740991"), "9007199254740991");
  EXPECT_EQ(json(ValueKind::int8, "9007199254740992"), "\"9007199254740992\"");
  EXPECT_EQ(json(ValueKind::int8, "-9223372036854775808"), "\"-9223372036854775808\"");
}

TEST(ValueJson, FloatsAreNumbersAndTheirSpecialValuesStrings) {
  EXPECT_EQ(json(ValueKind::float8, "1e+20"), "1e+20");
  EXPECT_EQ(json(ValueKind::float8, "1.7976931348623157e+308"), "1.7976931348623157e+308");
  EXPECT_EQ(json(ValueKind::float8, "5e-324"), "5e-324");
  EXPECT_EQ(json(ValueKind::float8, "-0"), "-0");
  EXPECT_EQ(json(ValueKind::float4, "NaN"), "\"NaN\"");
  EXPECT_EQ(json(ValueKind::float8, "Infinity"), "\"Infinity\"");
  EXPECT_EQ(json(ValueKind::float8, "-Infinity"), "\"-Infinity\"");
}

TEST(ValueJson, NumericIsANumberWhileADoubleCarriesItAndKeepsItsDigits) {
  EXPECT_EQ(json(ValueKind::numeric, "99.00"), "99.00");
  EXPECT_EQ(json(ValueKind::numeric, "100.000000000000000000"), "100.000000000000000000");
  EXPECT_EQ(json(ValueKind::numeric, "123456789012.345"), "123456789012.345");
  EXPECT_EQ(json(ValueKind::numeric, "1234567890123.4567"), "\"1234567890123.4567\"");
  EXPECT_EQ(json(ValueKind::numeric, "NaN"), "\"NaN\"");
  EXPECT_EQ(json(ValueKind::numeric, "Infinity"), "\"Infinity\"");
}

TEST(ValueJson, TextIsAString) {
  EXPECT_EQ(json(ValueKind::text, "a \"b\"\n"), "\"a \\\"b\\\"\\n\"");
  EXPECT_EQ(json(ValueKind::text, ""), "\"\"");
  EXPECT_EQ(json(ValueKind::text, "(1,\"a b\")"), "\"(1,\\\"a b\\\")\"");
  EXPECT_EQ(json(ValueKind::interval, "P1Y2M-3DT4H5M6.7S"), "\"P1Y2M-3DT4H5M6.7S\"");
}

TEST(ValueJson, ByteaIsBase64) {
  EXPECT_EQ(json(ValueKind::bytea, ""), "\"\"");
  EXPECT_EQ(json(ValueKind::bytea, "66"), "\"Zg==\"");
  EXPECT_EQ(json(ValueKind::bytea, "666f"), "\"Zm8=\"");
  EXPECT_EQ(json(ValueKind::bytea, "666F6f"), "\"Zm9v\"");
  EXPECT_EQ(json(ValueKind::bytea, "fbefbeffffff"), "\"++++////\"");
  std::string hex;
  std::string base64;
  for (int i = 0; i < 150; ++i)
    hex += "666f6f", base64 += "Zm9v";
  EXPECT_EQ(json(ValueKind::bytea, hex + "66"), "\"" + base64 + "Zg==\"");
  EXPECT_EQ(json(ValueKind::bytea, "\\x666f"), "\"Zm8=\"");
  EXPECT_EQ(json(ValueKind::bytea, "6g"), "\"6g\"");
  EXPECT_EQ(json(ValueKind::bytea, "666"), "\"666\"");
}

TEST(ValueJson, TimesAreIso8601) {
  EXPECT_EQ(json(ValueKind::timestamptz, "2026-11-23 12:37:33.098093+00"),
            "\"2026-11-23T12:37:33.098093Z\"");
  EXPECT_EQ(json(ValueKind::timestamp, "2026-11-23 12:37:33"), "\"2026-11-23T12:37:33.000000\"");
  EXPECT_EQ(json(ValueKind::date, "2026-11-23"), "\"2026-11-23\"");
  EXPECT_EQ(json(ValueKind::date, "0044-03-15 BC"), "\"-000043-03-15\"");
  EXPECT_EQ(json(ValueKind::time, "12:37:33.5"), "\"12:37:33.5\"");
  EXPECT_EQ(json(ValueKind::timetz, "12:37:33+02"), "\"12:37:33+02:00\"");
  EXPECT_EQ(json(ValueKind::timestamptz, "infinity"), "\"infinity\"");
  EXPECT_EQ(json(ValueKind::date, "-infinity"), "\"-infinity\"");
}

TEST(ValueJson, JsonIsEmbeddedAsItIs) {
  EXPECT_EQ(json(ValueKind::json, "{\"a\": [1.10, 1e2],\n \"b\": 12345678901234567890}"),
            "{\"a\": [1.10, 1e2],\n \"b\": 12345678901234567890}");
  EXPECT_EQ(json(ValueKind::json, "null"), "null");
  EXPECT_EQ(json(ValueKind::json, "{\"a\":"), "\"{\\\"a\\\":\"");
  EXPECT_EQ(json(ValueKind::json, "1e999"), "\"1e999\"");
}

TEST(ValueJson, ArraysHoldTheirElementsByKind) {
  EXPECT_EQ(array(ValueKind::int4, "{1,NULL,3}"), "[1,null,3]");
  EXPECT_EQ(array(ValueKind::int4, "{}"), "[]");
  EXPECT_EQ(array(ValueKind::int4, "[2:4]={1,2,3}"), "[1,2,3]");
  EXPECT_EQ(array(ValueKind::text, "{{a,b},{c,NULL}}"), "[[\"a\",\"b\"],[\"c\",null]]");
  EXPECT_EQ(array(ValueKind::text, "{\"a\\\"b\",\"c\\\\d\",\"\",\"null\",\"x,y\"}"),
            "[\"a\\\"b\",\"c\\\\d\",\"\",\"null\",\"x,y\"]");
  EXPECT_EQ(array(ValueKind::boolean, "{t,f,NULL}"), "[true,false,null]");
  EXPECT_EQ(array(ValueKind::numeric, "{1.5,NaN}"), "[1.5,\"NaN\"]");
  EXPECT_EQ(array(ValueKind::timestamptz, "{\"2026-11-23 12:37:33.098093+00\",infinity}"),
            "[\"2026-11-23T12:37:33.098093Z\",\"infinity\"]");
  EXPECT_EQ(array(ValueKind::bytea, "{\"\\\\x666f\"}"), "[\"Zm8=\"]");
  EXPECT_EQ(array(ValueKind::json, "{\"{\\\"a\\\": [1, 2]}\"}"), "[{\"a\": [1, 2]}]");
  EXPECT_EQ(array(ValueKind::hstore, "{\"\\\"a\\\"=>\\\"1\\\", \\\"b\\\"=>NULL\"}"),
            "[{\"a\":\"1\",\"b\":null}]");
  EXPECT_EQ(array(ValueKind::range, "{\"[1,5)\",empty}"),
            "[{\"lower\":\"1\",\"upper\":\"5\",\"bounds\":\"[)\"},\"empty\"]");
  EXPECT_EQ(json(type_of(ValueKind::array, ValueKind::text, ';'), "{(3,4),(1,2);(5,6),(7,8)}"),
            "[\"(3,4),(1,2)\",\"(5,6),(7,8)\"]");
}

ColumnType nested(ValueKind kind, ValueKind element, ValueKind inner, char inner_delimiter = ',') {
  ColumnType type = type_of(kind, element);
  type.inner = inner;
  type.inner_delimiter = inner_delimiter;
  return type;
}

TEST(ValueJson, ElementsThatHavePartsAreTakenApart) {
  const auto of = [](ValueKind kind, ValueKind element, ValueKind inner, std::string_view text) {
    return json(nested(kind, element, inner), text);
  };
  EXPECT_EQ(of(ValueKind::array, ValueKind::range, ValueKind::int4, R"j({"[1,5)",empty,NULL})j"),
            R"j([{"lower":1,"upper":5,"bounds":"[)"},"empty",null])j");
  EXPECT_EQ(of(ValueKind::array, ValueKind::multirange, ValueKind::int4, R"j({"{[1,3)}","{}"})j"),
            R"j([[{"lower":1,"upper":3,"bounds":"[)"}],[]])j");
  EXPECT_EQ(of(ValueKind::array, ValueKind::array, ValueKind::text,
               R"j({"{\"a \\\"b\\\"\",NULL}",NULL,"{}"})j"),
            R"j([["a \"b\"",null],null,[]])j");
  EXPECT_EQ(json(nested(ValueKind::array, ValueKind::array, ValueKind::text, ';'),
                 R"j({"{(3,4),(1,2);(5,6),(7,8)}"})j"),
            R"j([["(3,4),(1,2)","(5,6),(7,8)"]])j");
  EXPECT_EQ(of(ValueKind::range, ValueKind::range, ValueKind::int4, R"j(["[1,2)",))j"),
            R"j({"lower":{"lower":1,"upper":2,"bounds":"[)"},"upper":null,"bounds":"[)"})j");
  EXPECT_EQ(
      of(ValueKind::range, ValueKind::array, ValueKind::hstore, R"j(["{""\\""a\\""=>NULL""}",])j"),
      R"j({"lower":[{"a":null}],"upper":null,"bounds":"[]"})j");
}

TEST(ValueJson, BelowTheInnerPartsThereIsText) {
  EXPECT_EQ(
      json(nested(ValueKind::array, ValueKind::array, ValueKind::range), R"j({"{\"[1,2)\"}"})j"),
      R"j([[{"lower":"1","upper":"2","bounds":"[)"}]])j");
}

TEST(ValueJson, TextThatIsNoArrayIsAString) {
  EXPECT_EQ(array(ValueKind::int4, "{1,2"), "\"{1,2\"");
  EXPECT_EQ(array(ValueKind::int4, "{{1},2"), "\"{{1},2\"");
  EXPECT_EQ(array(ValueKind::int4, "hello"), "\"hello\"");
  EXPECT_EQ(array(ValueKind::int4, "{1,x}"), "[1,\"x\"]");
}

TEST(ValueJson, RangesAreObjects) {
  EXPECT_EQ(range(ValueKind::int4, "[1,5)"), "{\"lower\":1,\"upper\":5,\"bounds\":\"[)\"}");
  EXPECT_EQ(range(ValueKind::int4, "empty"), "\"empty\"");
  EXPECT_EQ(range(ValueKind::timestamptz, "[\"2026-01-01 00:00:00+00\",)"),
            "{\"lower\":\"2026-01-01T00:00:00.000000Z\",\"upper\":null,\"bounds\":\"[)\"}");
  EXPECT_EQ(range(ValueKind::text, "[\"a\"\"b\",\"c\\\\d,)\")"),
            "{\"lower\":\"a\\\"b\",\"upper\":\"c\\\\d,)\",\"bounds\":\"[)\"}");
  EXPECT_EQ(range(ValueKind::int4, "[1,5)x"), "\"[1,5)x\"");
  EXPECT_EQ(range(ValueKind::hstore, R"j(["""a""=>""1""","""b""=>""2"""])j"),
            R"j({"lower":{"a":"1"},"upper":{"b":"2"},"bounds":"[]"})j");
}

TEST(ValueJson, MultirangesAreArraysOfRanges) {
  const ColumnType type = type_of(ValueKind::multirange, ValueKind::int4);
  EXPECT_EQ(json(type, "{}"), "[]");
  EXPECT_EQ(
      json(type, "{[1,3),[5,7)}"),
      "[{\"lower\":1,\"upper\":3,\"bounds\":\"[)\"},{\"lower\":5,\"upper\":7,\"bounds\":\"[)\"}]");
  EXPECT_EQ(json(type, "{[1,3)"), "\"{[1,3)\"");
  EXPECT_EQ(json(type, "{[1,3)[5,7)}"), "\"{[1,3)[5,7)}\"");
}

TEST(ValueJson, HstoreIsAnObjectThatKeepsNulls) {
  EXPECT_EQ(json(ValueKind::hstore, R"(""=>"", "x"=>NULL, "a\"b"=>"c\\d", "NULL"=>"NULL")"),
            R"({"":"","x":null,"a\"b":"c\\d","NULL":"NULL"})");
  EXPECT_EQ(json(ValueKind::hstore, ""), "{}");
  EXPECT_EQ(json(ValueKind::hstore, "a=>1"), "\"a=>1\"");
}

TEST(ValueJson, WhateverComesInOneJsonValueGoesOut) {
  const std::vector<std::string> seeds = {"2026-11-23 12:37:33.098093+00",
                                          "0044-03-15 BC",
                                          "12:37:33+02",
                                          "{1,NULL,\"a\\\"b\"}",
                                          "[2:4]={{1,2},{3,4}}",
                                          "[\"a\"\"b\",5)",
                                          "{[1,3),(,7]}",
                                          "\"a\"=>\"1\", \"b\"=>NULL",
                                          "{\"a\": [1, \"\\ud83d\\ude00\", null, true]}",
                                          "666f",
                                          "-123.456e+10",
                                          "9007199254740991",
                                          "t",
                                          "P1DT2H",
                                          "\xC3\xA4\xF0\x9F\x98\x80",
                                          "{\"{\\\"a\\\": 1}\"}"};
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seeds[random() % seeds.size()];
    for (unsigned edits = random() % 4; edits > 0 && !text.empty(); --edits) {
      const size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, 1 + random() % 3);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), random() % 8));
          break;
        default:
          text.insert(at, 1, "{}[](),\"\\=>0:-+ne"[random() % 17]);
      }
    }
    const ValueKind kind = kKinds[random() % kKinds.size()];
    const ValueKind element = kKinds[random() % kKinds.size()];
    const ValueKind inner = kKinds[random() % kKinds.size()];
    std::string out = "[7,";
    append_value_json(out, nested(kind, element, inner), Value::present(text));
    out += "]";
    const auto read = nlohmann::json::parse(out, nullptr, false);
    ASSERT_TRUE(read.is_array() && read.size() == 2 && read[0] == 7) << out << "\nof " << text;
  }
}

TEST(ValueJson, SteadyStateAllocatesNothing) {
  const std::vector<std::pair<ColumnType, std::string>> row = {
      {type_of(ValueKind::int8), "9007199254740992"},
      {type_of(ValueKind::numeric), "12345.6700"},
      {type_of(ValueKind::timestamptz), "2026-11-23 12:37:33.098093+02"},
      {type_of(ValueKind::text), "a text that is longer than any small string, \"quoted\""},
      {type_of(ValueKind::bytea), "000102030405060708090a0b0c0d0e0f"},
      {type_of(ValueKind::json), "{\"a\": {\"b\": [1, 2, {\"c\": \"\\u00e4\"}]}}"},
      {type_of(ValueKind::array, ValueKind::text),
       "{\"an \\\"element\\\" with many, many \\\\ escapes\",b}"},
      {type_of(ValueKind::range, ValueKind::text),
       "[\"a \"\"bound\"\" that is long enough to count\",z)"},
      {type_of(ValueKind::hstore),
       "\"a \\\"key\\\" that is long enough to count\"=>\"1\", \"b\"=>NULL"},
      {nested(ValueKind::array, ValueKind::range, ValueKind::text),
       R"j({"[\"a \"\"bound\"\" that is long enough to count\",z)"})j"},
      {type_of(ValueKind::array, ValueKind::int4), "no array at all, whatever its type says"}};
  std::string out;
  const auto write_row = [&] {
    out.clear();
    for (const auto& [type, text] : row)
      append_value_json(out, type, Value::present(text));
  };
  write_row();
  const size_t before = allocation_count();
  for (int i = 0; i < 100; ++i)
    write_row();
  EXPECT_EQ(allocation_count(), before);
}

}  // namespace
}  // namespace waltrack
