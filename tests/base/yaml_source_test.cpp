#include "base/yaml_source.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

TEST(YamlSource, ColumnsCountCharactersAndLinesCountFromOne) {
  const YamlSource source("a: b\nüß: \"€\"\n", "m.yaml");
  EXPECT_EQ(source.place(0).text(), "m.yaml:1:1");
  EXPECT_EQ(source.place(source.text().find('"')).text(), "m.yaml:2:5");
  EXPECT_EQ(source.place(10'000).text(), "m.yaml:3:1");
}

TEST(YamlSource, ByteOrderMarkAndCarriageReturnsAreGone) {
  const YamlSource source(
      "\xEF\xBB\xBF"
      "a: b\r\nc: d\r\n",
      "m.yaml");
  EXPECT_EQ(source.text(), "a: b\nc: d\n");
}

TEST(YamlSource, BytesThatAreNotUtf8AreUnreadable) {
  for (const std::string_view bad : {"a: \xFF", "a: \xC0\x80", "a: \xED\xA0\x80",
                                     "a: \xF4\x90\x80\x80", "a: \xE2\x82", "a: \xF0\x8F\xBF\xBF"}) {
    const auto fault = YamlSource(bad, "m.yaml").unreadable();
    ASSERT_TRUE(fault);
    EXPECT_EQ(fault->text().find("m.yaml:1:4"), 0u) << fault->text();
  }
  EXPECT_FALSE(YamlSource("a: \xF0\x9F\x98\x80\xEF\xBF\xBF\xE2\x82\xAC", "m.yaml").unreadable());
}

TEST(YamlSource, ControlCharactersAreUnreadable) {
  EXPECT_TRUE(YamlSource(std::string_view("a: \0b", 5), "m.yaml").unreadable());
  EXPECT_TRUE(YamlSource("a: \x04", "m.yaml").unreadable());
  EXPECT_TRUE(YamlSource("a: b\rc: d", "m.yaml").unreadable());
  EXPECT_FALSE(YamlSource("a: b\t# c\n", "m.yaml").unreadable());
}

TEST(YamlSource, ClosingQuoteKnowsBothKindsOfEscape) {
  EXPECT_EQ(YamlSource("'it''s'", "m").closing_quote(0), 6u);
  EXPECT_EQ(YamlSource(R"("a\"b\\")", "m").closing_quote(0), 7u);
  EXPECT_EQ(YamlSource("'it''s", "m").closing_quote(0), YamlSource::npos);
  EXPECT_EQ(YamlSource("\"a\\", "m").closing_quote(0), YamlSource::npos);
}

TEST(YamlSource, QuotedTextBeforeIsOnlyATextThatBeganAsOne) {
  EXPECT_EQ(YamlSource("a: 'b' || c", "m").quoted_text_before(7), 3u);
  EXPECT_EQ(YamlSource("a: it's' || c", "m").quoted_text_before(9), YamlSource::npos);
  EXPECT_EQ(YamlSource("a: b || c", "m").quoted_text_before(7), YamlSource::npos);
}

}  // namespace
}  // namespace waltrack
