#include "mapping/number_text.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>

namespace waltrack {
namespace {

int digits_of(std::string_view number) {
  return scan_number(number).significant_digits;
}

TEST(NumberText, IntegersAreExactUpToTwoToThe53) {
  for (const char* good : {"0", "-1", "32767", "9007199254740991", "-9007199254740991"}) {
    EXPECT_TRUE(is_exact_integer(good)) << good;
  }
  for (const char* bad : {"9007199254740992", "-9007199254740992", "9223372036854775807",
                          "10000000000000000", "", "-", "01", "+1", "1.0", "1 ", "a"}) {
    EXPECT_FALSE(is_exact_integer(bad)) << bad;
  }
  EXPECT_TRUE(is_integer_text("9223372036854775808"));
}

TEST(NumberText, JsonNumbersFollowTheGrammar) {
  for (const char* good : {"0", "-0", "1.50", "1e+20", "1.5e-07", "1E5", "0.1"}) {
    EXPECT_TRUE(is_json_number(good)) << good;
  }
  for (const char* bad : {"", "-", ".5", "1.", "01", "+1", "1e", "1e+", "NaN", "Infinity",
                          "-Infinity", "0x1", "1 ", " 1", "1.2.3", "--1"}) {
    EXPECT_FALSE(is_json_number(bad)) << bad;
  }
}

TEST(NumberText, SignificantDigitsLeaveOutZerosAtBothEnds) {
  EXPECT_EQ(digits_of("0"), 0);
  EXPECT_EQ(digits_of("100.000000000000000000"), 1);
  EXPECT_EQ(digits_of("-0.00120"), 2);
  EXPECT_EQ(digits_of("1002.5e10"), 5);
  EXPECT_EQ(digits_of("123456789.0123456789"), 19);
}

TEST(NumberText, ScanTakesTheNumberAtTheStart) {
  EXPECT_EQ(scan_number("-12.50e3,7").length, 8u);
  EXPECT_EQ(scan_number("x").length, 0u);
  EXPECT_EQ(scan_number("").length, 0u);
}

TEST(NumberText, ExponentIsThatOfTheFirstSignificantDigit) {
  EXPECT_EQ(scan_number("123.4").exponent, 2);
  EXPECT_EQ(scan_number("0.0012").exponent, -3);
  EXPECT_EQ(scan_number("-0.05e10").exponent, 8);
  EXPECT_EQ(scan_number("100").exponent, 2);
  EXPECT_EQ(scan_number("0e5").exponent, 0);
}

TEST(NumberText, ExactNumbersHaveAtMostFifteenDigitsAndASaneSize) {
  for (const char* good : {"99.00", "123456789012345", "0.000000000000001234", "-1e300", "1e-300",
                           "100000000000000000000000", "0.0", "0e999999999999"}) {
    EXPECT_TRUE(is_exact_number(good)) << good;
  }
  for (const char* bad : {"1234567890123456", "0.1234567890123456", "1e301", "1e-301",
                          "1e99999999999", "NaN", "Infinity"}) {
    EXPECT_FALSE(is_exact_number(bad)) << bad;
  }
}

TEST(NumberText, FiniteNumbersEndAtTheLargestDouble) {
  for (const char* good : {"1.7976931348623157e+308", "-1e308", "5e-324", "1e-400", "0.1",
                           "0.17976931348623157e309"}) {
    EXPECT_TRUE(is_finite_number(good)) << good;
  }
  for (const char* bad : {"1.7976931348623158e308", "1.79769313486231571e308", "2e308", "1e309",
                          "-1e400", "1e99999999999999999999"}) {
    EXPECT_FALSE(is_finite_number(bad)) << bad;
  }
  EXPECT_TRUE(is_finite_number("1" + std::string(308, '0')));
  EXPECT_FALSE(is_finite_number("1" + std::string(309, '0')));
}

}  // namespace
}  // namespace waltrack
