#include "cli/moment_text.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kNow = 1'700'000'000 * kSecond;

std::string read(std::string_view text) {
  const std::optional<int64_t> moment = parse_moment(text, kNow);
  return moment ? moment_text(*moment) : "none";
}

}  // namespace

TEST(ParseMoment, TakesDatesAndTimes) {
  EXPECT_EQ(read("2026-01-31"), "2026-01-31T00:00:00.000000Z");
  EXPECT_EQ(read("2026-01-31 18:05"), "2026-01-31T18:05:00.000000Z");
  EXPECT_EQ(read("2026-01-31T18:05:59Z"), "2026-01-31T18:05:59.000000Z");
  EXPECT_EQ(read("2026-01-31T18:05:59.123456Z"), "2026-01-31T18:05:59.000000Z");
  EXPECT_EQ(read("2026-01-31T01:05:00+02:00"), "2026-01-30T23:05:00.000000Z");
  EXPECT_EQ(read("2026-01-31 01:05-05"), "2026-01-31T06:05:00.000000Z");
  EXPECT_EQ(read("2024-02-29"), "2024-02-29T00:00:00.000000Z");
}

TEST(ParseMoment, TakesAges) {
  EXPECT_EQ(parse_moment("90s", kNow), kNow - 90 * kSecond);
  EXPECT_EQ(parse_moment("30min", kNow), kNow - 1800 * kSecond);
  EXPECT_EQ(parse_moment("2 h", kNow), kNow - 7200 * kSecond);
  EXPECT_EQ(parse_moment("7d", kNow), kNow - 7 * 86'400 * kSecond);
}

TEST(ParseMoment, TakesNothingElse) {
  for (const char* text : {"", "7", "7 weeks", "yesterday", "2026", "2026-13-01", "2026-02-29",
                           "2026-1-1", "2026-01-31 25:00", "2026-01-31 18", "2026-01-31 18:05 CET",
                           "2026-01-31 18:05:00 and", "-7d", "99999999999d"}) {
    EXPECT_EQ(read(text), "none") << text;
  }
}

}  // namespace waltrack
