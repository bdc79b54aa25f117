#include "postgres/wal2json_reader.hpp"

#include <gtest/gtest.h>
#include <string>

#include "postgres/decode_fault.hpp"

namespace waltrack {
namespace {

// A row with one column whose value is `json`.
std::string row_with(const std::string& json) {
  return R"({"action":"I","columns":[{"name":"c","typeoid":25,"value":)" + json + "}]}";
}

std::string_view text_of(Wal2jsonReader& reader, const std::string& json) {
  const Wal2jsonMessage& message = reader.read(row_with(json));
  EXPECT_TRUE(message.columns.at(0).value.is_present());
  return message.columns.at(0).value.text;
}

std::string fault_of(const std::string& message) {
  Wal2jsonReader reader;
  try {
    reader.read(message);
  } catch (const DecodeFault& fault) {
    return fault.what();
  }
  return "";
}

TEST(Wal2jsonReader, TakesABeginApart) {
  Wal2jsonReader reader;
  const Wal2jsonMessage& message =
      reader.read(R"({"action":"B","xid":4294967295,"timestamp":"2026-11-23 14:38:32.42211+00",)"
                  R"("lsn":"0/197EF08","nextlsn":"0/197EF38"})");
  EXPECT_EQ(message.action, "B");
  EXPECT_EQ(message.xid, 4294967295U);
  EXPECT_EQ(message.timestamp, "2026-11-23 14:38:32.42211+00");
  EXPECT_EQ(message.lsn, "0/197EF08");
  EXPECT_EQ(message.next_lsn, "0/197EF38");
  EXPECT_FALSE(message.has_columns);
}

TEST(Wal2jsonReader, NothingOfTheMessageBeforeStays) {
  Wal2jsonReader reader;
  reader.read(
      R"({"action":"U","xid":1,"timestamp":"t","lsn":"0/1","nextlsn":"0/2","schema":"s","table":"t",)"
      R"("columns":[{"name":"a","value":1}],"identity":[{"name":"a","value":1}]})");
  const Wal2jsonMessage& message =
      reader.read(R"({"action":"M","xid":null,"timestamp":null,"lsn":null})");
  EXPECT_EQ(message.action, "M");
  EXPECT_EQ(message.xid, std::nullopt);
  EXPECT_EQ(message.timestamp, "");
  EXPECT_EQ(message.lsn, "");
  EXPECT_EQ(message.next_lsn, "");
  EXPECT_EQ(message.schema, "");
  EXPECT_EQ(message.table, "");
  EXPECT_TRUE(message.columns.empty());
  EXPECT_TRUE(message.identity.empty());
  EXPECT_FALSE(message.has_identity);
}

TEST(Wal2jsonReader, NumbersKeepTheirDigits) {
  Wal2jsonReader reader;
  for (const char* number : {"0", "-32768", "9223372036854775807", "1.5e-10", "1e+300",
                             "12345678901234567890.1234567890000", "-0.0"}) {
    EXPECT_EQ(text_of(reader, number), number);
    EXPECT_EQ(text_of(reader, std::string(number) + " \n"), number);
  }
}

TEST(Wal2jsonReader, StringsAreUnescaped) {
  Wal2jsonReader reader;
  EXPECT_EQ(text_of(reader, R"("a\nb\"c\\d\te\u0001é😀\ud83d\ude00\/")"), "a\nb\"c\\d\te\x01é😀😀/");
  EXPECT_EQ(text_of(reader, R"("")"), "");
}

TEST(Wal2jsonReader, BoolsAreLettersAndNullIsNull) {
  Wal2jsonReader reader;
  EXPECT_EQ(text_of(reader, "true"), "t");
  EXPECT_EQ(text_of(reader, "false"), "f");
  EXPECT_TRUE(reader.read(row_with("null")).columns.at(0).value.is_null());
}

TEST(Wal2jsonReader, ATypeOidAbove31BitsComesNegative) {
  Wal2jsonReader reader;
  const auto oid_of = [&](const char* json) {
    return reader
        .read(std::string(R"({"columns":[{"name":"c","typeoid":)") + json + R"(,"value":1}]})")
        .columns.at(0)
        .type_oid;
  };
  EXPECT_EQ(oid_of("-294967296"), 4'000'000'000U);
  EXPECT_EQ(oid_of("4000000000"), 4'000'000'000U);
  EXPECT_EQ(oid_of("16386"), 16386U);
  EXPECT_THROW(oid_of("4294967296"), DecodeFault);
  EXPECT_THROW(oid_of("-2147483649"), DecodeFault);
}

TEST(Wal2jsonReader, WhatItDoesNotKnowIsSkipped) {
  Wal2jsonReader reader;
  const Wal2jsonMessage& message = reader.read(
      R"({"new":{"deep":[1,{"columns":[]}]},"action":"I","pk":[{"name":"x"}],)"
      R"("columns":[{"type":"text","optional":true,"name":"c","default":[1],"value":"v"}]})");
  EXPECT_EQ(message.action, "I");
  ASSERT_EQ(message.columns.size(), 1U);
  EXPECT_EQ(message.columns[0].name, "c");
  EXPECT_EQ(message.columns[0].value.text, "v");
}

TEST(Wal2jsonReader, WhatIsNotAMessageIsAFault) {
  for (const char* message : {"",
                              " ",
                              "[]",
                              "1",
                              "\"a\"",
                              "nul",
                              "{",
                              "{\"action\"",
                              "{\"action\":",
                              "{\"action\":\"I\"",
                              "{\"action\":1}",
                              "{\"action\":\"I\"}}",
                              "{\"action\":\"I\"} {}",
                              "{action:\"I\"}",
                              "{\"columns\":{}}",
                              "{\"columns\":[1]}",
                              "{\"columns\":[{}]}",
                              "{\"columns\":[",
                              "{\"columns\":[{\"name\":\"a\"}]}",
                              "{\"columns\":[{\"value\":1}]}",
                              "{\"xid\":-1}",
                              "{\"xid\":4294967296}",
                              "{\"xid\":\"1\"}",
                              "{\"lsn\":1}"}) {
    EXPECT_NE(fault_of(message), "") << message;
  }
  for (const char* value : {"{}", "[]", "nul", "truth", "1x", "12 3", "-", "1.", "1e", ".5", "1-2",
                            "\"\\x\"", "\"\\ud800\"", "\"open", ""}) {
    EXPECT_NE(fault_of(row_with(value)), "") << value;
  }
}

TEST(Wal2jsonReader, BytesThatAreNotUtf8BecomeTheReplacementCharacter) {
  Wal2jsonReader reader;
  EXPECT_EQ(text_of(reader, "\"M\xfcller \xe9\""), "M\uFFFDller \uFFFD");
  EXPECT_EQ(text_of(reader, "\"M\u00fcller\""), "M\u00fcller");
}

TEST(Wal2jsonReader, LongMessagesLeaveNoTrace) {
  Wal2jsonReader reader;
  for (const size_t bytes : {size_t{100'000}, size_t{9'000'000}, size_t{10}, size_t{5'000'000}}) {
    const std::string text(bytes, 'x');
    EXPECT_EQ(text_of(reader, '"' + text + '"'), text);
  }
}

}  // namespace
}  // namespace waltrack
