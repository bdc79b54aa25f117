#include "mapping/sql_tokens.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

std::string split(std::string_view sql) {
  SqlTokens tokens = split_sql(sql);
  std::string text;
  for (const SqlToken& token : tokens.tokens) {
    if (!text.empty()) text += '|';
    text += token.text;
    EXPECT_EQ(sql.substr(token.offset, token.text.size()), token.text);
  }
  if (tokens.fault) text += "!" + std::to_string(tokens.fault->offset);
  return text;
}

TEST(SqlTokens, AreThoseOfSqlite) {
  EXPECT_EQ(split("a->>'$.x'||\"b \"\"c\"<=1.5e-3"), "a|->>|'$.x'||||\"b \"\"c\"|<=|1.5e-3");
  EXPECT_EQ(split("x'00ff' X'1' xx"), "x'00ff'|X'1'|xx");
  EXPECT_EQ(split("`a b` [c d] 'it''s'"), "`a b`|[c d]|'it''s'");
  EXPECT_EQ(split("a -- b\n+ /* c */ d"), "a|+|d");
  EXPECT_EQ(split("0x1F .5 1.e5 a.b"), "0x1F|.5|1.e5|a|.|b");
  EXPECT_EQ(split("größe$1 :a ?1 @b a::int"), "größe$1|:a|?1|@b|a|::|int");
}

TEST(SqlTokens, OpenQuotesAndCommentsAreFaultsAtTheirStart) {
  EXPECT_EQ(split("a || 'b"), "a|||!5");
  EXPECT_EQ(split("\"a"), "!0");
  EXPECT_EQ(split("a /* b"), "a!2");
  EXPECT_EQ(split("a [b"), "a!2");
  EXPECT_EQ(split("x'00"), "!0");
}

TEST(SqlTokens, NamesComeWithoutTheirQuotes) {
  auto name = [](std::string_view sql) { return split_sql(sql).tokens.at(0).name(); };
  EXPECT_EQ(name("plan"), "plan");
  EXPECT_EQ(name("\"Full \"\"Name\"\"\""), "Full \"Name\"");
  EXPECT_EQ(name("[a b]"), "a b");
}

TEST(SqlTruth, OutermostComparisonOrLogicGivesTruth) {
  for (const char* sql :
       {"a = b", "(a = b)", "((a) is (b))", "not a", "a and b", "a in (1)", "a is not null",
        "a isnull", "exists (select 1)", "a between 1 and 2", "case a when 1 then 2 end > 1",
        "a || 'x' like 'y'", "a <> 1 -- x", "a == 1", "a != 1", "a glob 'x'"}) {
    EXPECT_TRUE(gives_truth(split_sql(sql).tokens)) << sql;
  }
  for (const char* sql :
       {"a", "a + b", "(a = b) + 1", "f(a = b)", "case when a = b then 1 end", "a -> 'b'",
        "a ->> 'b'", "select a = b", "(select a = b)", "a << 1", "'a = b'", "\"a = b\"", "t.\"is\"",
        "with x as (select 1) select a = 1", "", "(a) || (b = c)"}) {
    EXPECT_FALSE(gives_truth(split_sql(sql).tokens)) << sql;
  }
}

}  // namespace
}  // namespace waltrack
