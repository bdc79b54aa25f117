#include "workshop/yaml_text.hpp"

#include <gtest/gtest.h>

#include "base/yaml_reader.hpp"
#include "mapping/table_names.hpp"

namespace waltrack {
namespace {

// What our reader makes of a scalar.
std::string read_back(const std::string& scalar) {
  Diagnostics diagnostics;
  const std::vector<YamlNode> documents = read_yaml("key: " + scalar + "\n", "x", diagnostics);
  EXPECT_EQ(diagnostics.text(), "") << scalar;
  if (documents.size() != 1 || documents[0].entries.size() != 1) return "?";
  return documents[0].entries[0].second.scalar;
}

}  // namespace

TEST(YamlText, AnyTextIsReadAsItWas) {
  for (const char* text :
       {"plain",       "two words", "",     " ",           "null",    "true",
        "NO",          "~",         "5",    "1e3",         "a: b",    "a # b",
        "#",           "'",         "\"",   "it's \"so\"", "- x",     "[a]",
        "{ a",         "a, b",      "&a",   "*a",          "!a",      "%a",
        "@a",          "`a",        "a\nb", "tab\there",   "ünïcode", "trailing ",
        "back\\slash", "?",         "|",    ">",           "a:",      "$literal"}) {
    EXPECT_EQ(read_back(yaml_scalar(text)), text);
  }
}

TEST(YamlText, OddColumnsStandInSqlsQuotes) {
  EXPECT_EQ(yaml_column("plan"), "plan");
  EXPECT_EQ(yaml_column("order"), "order");
  EXPECT_EQ(read_back(yaml_column("Full Name")), "\"Full Name\"");
  EXPECT_EQ(read_back(yaml_column("true")), "\"true\"");
  EXPECT_EQ(read_back(yaml_column("say \"hi\"")), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(read_back(yaml_column("old.status")), "\"old.status\"");
}

TEST(YamlText, ATablesNameIsReadAsTheTable) {
  for (const TableName& table : {TableName{"public", "users"}, TableName{"My Schema", "Order"},
                                 TableName{"a.b", "c\"d"}, TableName{"public", "tenant_*"},
                                 TableName{"public", "1st"}, TableName{"public", "x: y # z"}}) {
    const TableGlob name{{table.schema, false}, {table.name, false}};
    EXPECT_EQ(parse_table_glob(read_back(yaml_table(table))), name) << table.full_name();
  }
}

TEST(YamlText, ACommentStaysOnItsLine) {
  EXPECT_EQ(comment_text("a\nb\r\n\tc"), "a b c");
  EXPECT_EQ(comment_text("äöü", 3), "ä …");
  EXPECT_EQ(comment_text(""), "");
}

}  // namespace waltrack
