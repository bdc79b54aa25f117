#include "base/iso8601.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

std::string text(int64_t us) {
  std::string out;
  append_iso8601_utc(out, us);
  return out;
}

}  // namespace

TEST(Iso8601, WritesSixDigitsOfFraction) {
  EXPECT_EQ(text(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(text(1795437453098093), "2026-11-23T12:37:33.098093Z");
  EXPECT_EQ(text(951782400000000), "2000-02-29T00:00:00.000000Z");
}

TEST(Iso8601, TimesBefore1970AreExact) {
  EXPECT_EQ(text(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(Iso8601, YearsOutsideFourDigitsUseTheExpandedForm) {
  EXPECT_EQ(text(days_from_civil(10000, 1, 1) * 86'400'000'000), "+010000-01-01T00:00:00.000000Z");
  EXPECT_EQ(text(days_from_civil(-1, 12, 31) * 86'400'000'000), "-000001-12-31T00:00:00.000000Z");
}

TEST(Iso8601, DaysAndDatesAgreeOverFourHundredYears) {
  for (int64_t year = 1800; year <= 2200; ++year) {
    const std::string out = text(days_from_civil(year, 3, 1) * 86'400'000'000);
    EXPECT_EQ(out, std::to_string(year) + "-03-01T00:00:00.000000Z");
  }
}

}  // namespace waltrack
