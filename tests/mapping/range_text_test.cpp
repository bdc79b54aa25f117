#include "mapping/range_text.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

// "[1|5)" with - for a bound that is not there, then what is left of the text; "!" when malformed.
std::string taken(std::string_view text) {
  RangeText range;
  std::string lower;
  std::string upper;
  if (!take_range(text, range, lower, upper)) return "!";
  if (range.empty) return "empty" + std::string(text);
  return std::string(1, range.opening) + std::string(range.lower.value_or("-")) + "|" +
         std::string(range.upper.value_or("-")) + std::string(1, range.closing) + std::string(text);
}

TEST(RangeText, BoundsAndTheirKinds) {
  EXPECT_EQ(taken("[1,5)"), "[1|5)");
  EXPECT_EQ(taken("(1.5,2]"), "(1.5|2]");
  EXPECT_EQ(taken("(,)"), "(-|-)");
  EXPECT_EQ(taken("(,infinity)"), "(-|infinity)");
  EXPECT_EQ(taken("empty"), "empty");
}

TEST(RangeText, QuotedBoundsLoseTheirEscapes) {
  EXPECT_EQ(taken("[\"2026-01-01 00:00:00+00\",\"2026-02-01 00:00:00+00\")"),
            "[2026-01-01 00:00:00+00|2026-02-01 00:00:00+00)");
  EXPECT_EQ(taken("[\"a\"\"b\",\"c\\\\d,)\")"), "[a\"b|c\\d,))");
  EXPECT_EQ(taken("[\"\",x]"), "[|x]");
  EXPECT_EQ(taken("[\"\"\"\",\"\\\"\"]"), "[\"|\"]");
}

TEST(RangeText, TakesOnlyTheRangeOffTheFront) {
  EXPECT_EQ(taken("[1,3),[5,7)}"), "[1|3),[5,7)}");
}

TEST(RangeText, MalformedTextIsRefused) {
  for (const std::string_view bad : {"", "[", "[1", "[1,", "[1,2", "1,2)", "[1)", "[\"1,2)",
                                     "[1,\"2", "[\"1\\", "{1,2}", "[a\"b,c)"}) {
    EXPECT_EQ(taken(bad), "!") << bad;
  }
}

}  // namespace
}  // namespace waltrack
