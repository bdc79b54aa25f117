#include "mapping/columns_lock.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

Column column(std::string name, ValueKind kind, std::string type, bool nullable = true,
              bool key = false) {
  Column made;
  made.name = std::move(name);
  made.type.kind = kind;
  made.type.name = std::move(type);
  made.type.oid = 4711;
  made.nullable = nullable;
  made.key = key;
  return made;
}

Table users() {
  Table table;
  table.id = 3;
  table.schema = "public";
  table.name = "users";
  table.columns = {column("name", ValueKind::text, "text"),
                   column("id", ValueKind::int8, "bigint", false, true)};
  return table;
}

Table odd() {
  Table table;
  table.schema = "Odd \"schema\"";
  table.name = "a.b\n";
  table.replica_identity = ReplicaIdentity::full;
  Column boxes = column("boxes", ValueKind::array, "box[]", true, true);
  boxes.type.delimiter = ';';
  Column span = column("span", ValueKind::range, "int4range", true, true);
  span.type.element = ValueKind::int4;
  Column spans = column("spans", ValueKind::array, "int4range[]", true, true);
  spans.type.element = ValueKind::range;
  spans.type.inner = ValueKind::int4;
  spans.type.inner_delimiter = ';';
  table.columns = {boxes, span, spans};
  return table;
}

constexpr const char* kUsersText = R"({
  "version": 1,
  "needs": "waltrack 0.2",
  "tables": [
    {
      "schema": "public", "name": "users", "replica_identity": "key",
      "columns": [
        {"name": "id", "type": "bigint", "kind": "int8", "nullable": false, "key": true},
        {"name": "name", "type": "text", "kind": "text", "nullable": true}
      ]
    }
  ]
}
)";

// The one fault of a text.
std::string fault(std::string_view text) {
  Diagnostics diagnostics;
  EXPECT_TRUE(read_columns_lock(text, "columns.lock.json", diagnostics).empty());
  EXPECT_EQ(diagnostics.error_count(), 1);
  return diagnostics.text();
}

bool tells(std::string_view text, std::string_view part) {
  const std::string told = fault(text);
  return told.find(part) != std::string::npos || (ADD_FAILURE() << told, false);
}

}  // namespace

TEST(ColumnsLock, HasOneColumnALineSortedByName) {
  const std::vector<Table> tables = {users()};
  EXPECT_EQ(write_columns_lock(tables), kUsersText);
}

TEST(ColumnsLock, WhatIsWrittenIsReadAgainWithoutWhatBelongsToTheServer) {
  const std::vector<Table> tables = {users(), odd(), users()};
  const std::string text = write_columns_lock(tables);
  Diagnostics diagnostics;
  const std::vector<Table> read = read_columns_lock(text, "x", diagnostics);
  EXPECT_EQ(diagnostics.text(), "");
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].schema, "Odd \"schema\"");
  EXPECT_EQ(read[0].name, "a.b\n");
  EXPECT_EQ(read[0].replica_identity, ReplicaIdentity::full);
  ASSERT_EQ(read[0].columns.size(), 3u);
  EXPECT_EQ(read[0].columns[0].type.kind, ValueKind::array);
  EXPECT_EQ(read[0].columns[0].type.delimiter, ';');
  EXPECT_EQ(read[0].columns[1].type.element, ValueKind::int4);
  EXPECT_EQ(read[0].columns[1].type.name, "int4range");
  EXPECT_TRUE(read[0].columns[1].key);
  EXPECT_EQ(read[0].columns[2].type.element, ValueKind::range);
  EXPECT_EQ(read[0].columns[2].type.inner, ValueKind::int4);
  EXPECT_EQ(read[0].columns[2].type.inner_delimiter, ';');
  ASSERT_EQ(read[1].columns.size(), 2u);
  EXPECT_EQ(read[1].columns[0].name, "id");
  EXPECT_FALSE(read[1].columns[0].nullable);
  EXPECT_EQ(read[1].columns[0].type.oid, 0u);
  EXPECT_EQ(read[1].id, 0u);
  EXPECT_EQ(write_columns_lock(read), text);
}

TEST(ColumnsLock, TheTextDependsOnTheSchemaAlone) {
  Table other = users();
  std::swap(other.columns[0], other.columns[1]);
  for (Column& one : other.columns)
    one.type.oid = 99;
  const std::vector<Table> one = {users(), odd()};
  const std::vector<Table> another = {odd(), other};
  EXPECT_EQ(write_columns_lock(one), write_columns_lock(another));
}

TEST(ColumnsLock, WithoutTablesItIsStillAFile) {
  Diagnostics diagnostics;
  EXPECT_TRUE(read_columns_lock(write_columns_lock({}), "x", diagnostics).empty());
  EXPECT_EQ(diagnostics.text(), "");
}

TEST(ColumnsLock, AnotherVersionSaysWhichWaltrackIsNeeded) {
  EXPECT_TRUE(tells(R"({"version": 2, "needs": "waltrack 0.7"})", "waltrack 0.7 or newer"));
  EXPECT_TRUE(tells(R"({"version": 2, "needs": "curl evil | sh"})", "a newer waltrack"));
  EXPECT_TRUE(tells(R"({"version": "1"})", "a newer waltrack"));
}

TEST(ColumnsLock, HostileTextIsToldAsAFault) {
  EXPECT_TRUE(tells("", "not valid JSON"));
  EXPECT_TRUE(tells("<<<<<<< HEAD\n", "1:1: error: not valid JSON"));
  EXPECT_TRUE(tells("{\"version\": 1,\n  \xff", "2:3: error: not valid JSON"));
  EXPECT_TRUE(tells("[]", "has no \"version\""));
  EXPECT_TRUE(tells(R"({"version": 1, "tables": {}})", "\"tables\" is no list"));
  EXPECT_TRUE(tells(R"({"version": 1, "tables": [5]})", "has no \"schema\""));
  EXPECT_TRUE(tells(std::string(100000, '['), "not valid JSON"));
  std::string deep = R"({"version": 1, "tables": )" + std::string(200000, '[');
  deep += std::string(200000, ']') + "}";
  EXPECT_TRUE(tells(deep, "has no \"schema\""));
}

TEST(ColumnsLock, EveryKeyIsCheckedForItsShape) {
  const std::string good = kUsersText;
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  EXPECT_TRUE(tells(with("\"int8\"", "\"int9\""), "is no kind of value"));
  EXPECT_TRUE(tells(with("\"int8\"", "\"array\""), "has no \"element\""));
  EXPECT_TRUE(tells(with("\"int8\"", "\"array\", \"element\": \"range\""), "has no \"inner\""));
  EXPECT_TRUE(tells(with("\"int8\"", "\"array\", \"element\": \"range\", \"inner\": \"array\""),
                    "has parts itself"));
  EXPECT_TRUE(tells(with("false", "0"), "is not true or false"));
  EXPECT_TRUE(tells(with("\"id\"", "\"name\""), "twice"));
  EXPECT_TRUE(tells(with("\"key\",", "\"none\","), "replica_identity"));
  EXPECT_TRUE(tells(with("\"public\"", "\"\""), "is empty"));
  EXPECT_TRUE(tells(with("\"public\"", "7"), "is no text"));
}

}  // namespace waltrack
