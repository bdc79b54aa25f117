#include "mapping/quoted_text.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

// What is taken, then "|" and the rest; "!" when nothing is.
std::string taken(std::string_view text, QuoteEscape escape) {
  std::string scratch = "of before";
  std::string_view out;
  if (!take_quoted(text, escape, out, scratch)) return "!";
  return std::string(out) + "|" + std::string(text);
}

TEST(QuotedText, EndsAtTheFirstQuoteThatIsNotEscaped) {
  EXPECT_EQ(taken(R"("ab",c)", QuoteEscape::backslash), "ab|,c");
  EXPECT_EQ(taken(R"("a\"b\\" "c")", QuoteEscape::backslash), R"(a"b\| "c")");
  EXPECT_EQ(taken(R"("")", QuoteEscape::backslash), "|");
}

TEST(QuotedText, DoubledQuotesAreOneOnlyWhereTheyMayBe) {
  EXPECT_EQ(taken(R"("a""b")", QuoteEscape::backslash_or_doubled), R"(a"b|)");
  EXPECT_EQ(taken(R"("a""b")", QuoteEscape::backslash), R"(a|"b")");
  EXPECT_EQ(taken(R"("""")", QuoteEscape::backslash_or_doubled), R"("|)");
}

TEST(QuotedText, WithoutAnEndNothingIsTaken) {
  for (const std::string_view bad : {"", "a", "\"", "\"a", "\"a\\", "\"a\\\""}) {
    EXPECT_EQ(taken(bad, QuoteEscape::backslash), "!") << bad;
  }
}

}  // namespace
}  // namespace waltrack
