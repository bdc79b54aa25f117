#include "model/copy_row.hpp"

#include <gtest/gtest.h>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace waltrack {
namespace {

Table layout_of(std::initializer_list<ValueKind> kinds) {
  Table table;
  for (const ValueKind kind : kinds) {
    Column column;
    column.name = "c" + std::to_string(table.columns.size());
    column.type.kind = kind;
    table.columns.push_back(column);
  }
  return table;
}

// The values, or "malformed"; null stands as <null>.
std::vector<std::string> read(std::string line, std::initializer_list<ValueKind> kinds) {
  std::vector<Value> row;
  if (!CopyRow(layout_of(kinds)).read(line, row)) return {"malformed"};
  std::vector<std::string> texts;
  for (const Value& value : row)
    texts.push_back(value.is_null() ? "<null>" : std::string(value.text));
  return texts;
}

using Texts = std::vector<std::string>;
constexpr ValueKind kText = ValueKind::text;
constexpr ValueKind kBytea = ValueKind::bytea;

}  // namespace

TEST(CopyRow, TabsPartTheColumns) {
  EXPECT_EQ(read("7\ta b\tt\n", {kText, kText, kText}), (Texts{"7", "a b", "t"}));
  EXPECT_EQ(read("7\ta b\tt", {kText, kText, kText}), (Texts{"7", "a b", "t"}));
}

TEST(CopyRow, NullIsNeitherEmptyNorItsEscapedText) {
  EXPECT_EQ(read("\\N\t\t\\\\N\n", {kText, kText, kText}), (Texts{"<null>", "", "\\N"}));
  EXPECT_EQ(read("\n", {kText}), (Texts{""}));
  EXPECT_EQ(read("\\N\n", {kText}), (Texts{"<null>"}));
}

TEST(CopyRow, EscapesStandForTheirBytes) {
  EXPECT_EQ(read("\\b\\f\\n\\r\\t\\v\\\\\n", {kText}), (Texts{"\b\f\n\r\t\v\\"}));
  EXPECT_EQ(read("a\\\\\\tb\tc\\nd\n", {kText, kText}), (Texts{"a\\\tb", "c\nd"}));
  EXPECT_EQ(read("\\101\\60x\\x41\\xaZ\\1018\n", {kText}), (Texts{"A0xA\nZA8"}));
  EXPECT_EQ(read("\\\\.\n", {kText}), (Texts{"\\."}));
}

TEST(CopyRow, BytesBeyondAsciiStayAsTheyAre) {
  EXPECT_EQ(read("gr\xc3\xbc\xc3\x9f\\\\\xff\n", {kText}), (Texts{"gr\xc3\xbc\xc3\x9f\\\xff"}));
}

TEST(CopyRow, ByteaIsBareHexDigits) {
  EXPECT_EQ(read("\\\\x00ff\t\\\\x00ff\t\\\\x\t\\N\n", {kBytea, kText, kBytea, kBytea}),
            (Texts{"00ff", "\\x00ff", "", "<null>"}));
  EXPECT_EQ(read("\\\\000\n", {kBytea}), (Texts{"malformed"}));
  EXPECT_EQ(read("00ff\n", {kBytea}), (Texts{"malformed"}));
}

TEST(CopyRow, AnotherNumberOfColumnsIsMalformed) {
  EXPECT_EQ(read("a\tb\n", {kText}), (Texts{"malformed"}));
  EXPECT_EQ(read("a\tb\n", {kText, kText, kText}), (Texts{"malformed"}));
  EXPECT_EQ(read("a\t\n", {kText}), (Texts{"malformed"}));
  EXPECT_EQ(read("", {kText, kText}), (Texts{"malformed"}));
  EXPECT_EQ(read("a\n", {}), (Texts{"malformed"}));
  EXPECT_EQ(read("\n", {}), Texts{});
}

TEST(CopyRow, AnEscapeThatCopyDoesNotWriteIsMalformed) {
  for (const std::string_view line :
       {"a\\", "\\q", "\\Na", "a\\N", "\\", "\\x", "\\xg", "\\0", "\\x00", "\\400", "a\\\tb"}) {
    EXPECT_EQ(read(std::string(line), {kText}), (Texts{"malformed"})) << line;
  }
  EXPECT_EQ(read(std::string("a\0b", 3), {kText}), (Texts{"malformed"}));
}

TEST(CopyRow, TheRowThatIsGivenIsUsedAgain) {
  const CopyRow reader(layout_of({kText, kText}));
  std::vector<Value> row(5, Value::present("before"));
  const Value* memory = row.data();
  std::string line = "a\t\\N\n";
  ASSERT_TRUE(reader.read(line, row));
  EXPECT_EQ(row.size(), 2u);
  EXPECT_EQ(row.data(), memory);
  EXPECT_EQ(row[0].text.data(), line.data());
}

}  // namespace waltrack
