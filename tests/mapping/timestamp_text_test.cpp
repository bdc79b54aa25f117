#include "mapping/timestamp_text.hpp"

#include <gtest/gtest.h>

#include "base/iso8601.hpp"

namespace waltrack {
namespace {

using Append = bool (*)(std::string&, std::string_view);

// What is appended, or "-" when nothing fits.
std::string written(Append append, std::string_view pg) {
  std::string out;
  if (append(out, pg)) return out;
  EXPECT_EQ(out, "") << pg;
  return "-";
}

std::string parsed(std::string_view text) {
  const auto us = parse_timestamp_us(text);
  if (!us) return "-";
  std::string out;
  append_iso8601_utc(out, *us);
  return out;
}

TEST(TimestampText, TimestamptzIsUtcWithSixDigits) {
  EXPECT_EQ(written(append_timestamptz_text, "2026-11-23 12:37:33.098093+00"),
            "2026-11-23T12:37:33.098093Z");
  EXPECT_EQ(written(append_timestamptz_text, "2026-11-23 12:00:00.5+00"),
            "2026-11-23T12:00:00.500000Z");
  EXPECT_EQ(written(append_timestamptz_text, "2026-11-23 12:00:00+00"),
            "2026-11-23T12:00:00.000000Z");
}

TEST(TimestampText, TimestamptzOfAnotherZoneIsConverted) {
  EXPECT_EQ(written(append_timestamptz_text, "2026-01-01 01:30:00+05:30"),
            "2025-12-31T20:00:00.000000Z");
  EXPECT_EQ(written(append_timestamptz_text, "1890-01-01 00:00:00-00:19:32"),
            "1890-01-01T00:19:32.000000Z");
}

TEST(TimestampText, FarYearsTakeTheExpandedForm) {
  EXPECT_EQ(written(append_timestamptz_text, "294276-12-31 23:59:59.999999+00"),
            "+294276-12-31T23:59:59.999999Z");
  EXPECT_EQ(written(append_timestamptz_text, "0044-03-15 00:00:00+00 BC"),
            "-000043-03-15T00:00:00.000000Z");
  EXPECT_EQ(written(append_timestamp_text, "4713-01-01 00:00:00 BC"),
            "-004712-01-01T00:00:00.000000");
  EXPECT_EQ(written(append_date_text, "0044-03-15 BC"), "-000043-03-15");
  EXPECT_EQ(written(append_date_text, "0001-03-15 BC"), "0000-03-15");
  EXPECT_EQ(written(append_date_text, "10000-01-01"), "+010000-01-01");
  EXPECT_EQ(written(append_date_text, "5874897-12-31"), "+5874897-12-31");
}

TEST(TimestampText, TimestampHasNoZone) {
  EXPECT_EQ(written(append_timestamp_text, "2026-11-23 12:37:33.098093"),
            "2026-11-23T12:37:33.098093");
  EXPECT_EQ(written(append_timestamp_text, "2026-11-23 12:37:33+00"), "-");
  EXPECT_EQ(written(append_timestamptz_text, "2026-11-23 12:37:33"), "-");
}

TEST(TimestampText, TimesKeepTheirDigits) {
  EXPECT_EQ(written(append_time_text, "12:37:33.5"), "12:37:33.5");
  EXPECT_EQ(written(append_time_text, "24:00:00"), "24:00:00");
  EXPECT_EQ(written(append_timetz_text, "12:00:00+05:30"), "12:00:00+05:30");
  EXPECT_EQ(written(append_timetz_text, "12:00:00.25-03"), "12:00:00.25-03:00");
  EXPECT_EQ(written(append_timetz_text, "12:00:00-00:19:32"), "12:00:00-00:19:32");
  EXPECT_EQ(written(append_timetz_text, "12:00:00+00"), "12:00:00Z");
  EXPECT_EQ(written(append_timetz_text, "12:00:00"), "-");
  EXPECT_EQ(written(append_time_text, "24:00:01"), "-");
  EXPECT_EQ(written(append_time_text, "12:37"), "-");
}

TEST(TimestampText, WhatIsNoSuchTimeAppendsNothing) {
  for (const std::string_view bad :
       {"", "infinity", "-infinity", "2026-02-29 00:00:00+00", "2026-13-01 00:00:00+00",
        "2026-11-23 25:00:00+00", "2026-11-23 12:60:00+00", "2026-11-23", "2026-11-23 12:00:00+00x",
        "2026-11-23 12:00:00.+00", "26-11-23 12:00:00+00", "2026-11-23 12:00:00+00 AD",
        "0000-01-01 00:00:00+00 BC"}) {
    EXPECT_EQ(written(append_timestamptz_text, bad), "-") << bad;
  }
  EXPECT_EQ(written(append_date_text, "2026-11-23 12:00:00"), "-");
}

TEST(TimestampText, ParsesWhatPeopleWrite) {
  const std::string noon = "2026-11-23T12:00:00.000000Z";
  for (const std::string_view text :
       {"2026-11-23T12:00:00Z", "2026-11-23 12:00:00", "2026-11-23 12:00", "2026-11-23t12:00z",
        "2026-11-23T14:00:00+02:00", "2026-11-23T14:00:00+0200", "2026-11-23 14:00:00+02",
        "2026-11-23 14:00 +02:00", "2026-11-23T06:30:00.000-05:30",
        "2026-11-23T12:00:00.0000009Z"}) {
    EXPECT_EQ(parsed(text), noon) << text;
  }
  EXPECT_EQ(parsed("2026-11-23"), "2026-11-23T00:00:00.000000Z");
  EXPECT_EQ(parsed("2026-11-23 24:00"), "2026-11-24T00:00:00.000000Z");
  EXPECT_EQ(parsed("1969-12-31T23:59:59.999999Z"), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(parsed("2024-02-29T00:00:00.123456Z"), "2024-02-29T00:00:00.123456Z");
}

TEST(TimestampText, ParsesWhatItWrites) {
  for (const std::string_view pg : {"2026-11-23 12:37:33.098093+00", "0044-03-15 00:00:00+00 BC",
                                    "12026-11-23 12:37:33.000001+00"}) {
    const std::string iso = written(append_timestamptz_text, pg);
    EXPECT_EQ(parsed(iso), iso);
    EXPECT_EQ(parsed(pg), iso);
  }
}

TEST(TimestampText, RefusesWhatIsNoTimeOrDoesNotFit) {
  for (const std::string_view bad :
       {"", "now", "infinity", "1700000000", "2026", "2026-11", "2026-11-31", "2026-11-23T",
        "2026-11-23 12", "2026-11-23T12:00:00+2", "2026-11-23T12:00:00 Z", "2026-11-23T12:00:00Z ",
        " 2026-11-23", "11/23/2026", "294276-12-31 23:59:59+00", "+9999999-01-01"}) {
    EXPECT_EQ(parsed(bad), "-") << bad;
  }
}

}  // namespace
}  // namespace waltrack
