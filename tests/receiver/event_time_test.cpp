#include "receiver/event_time.hpp"

#include <gtest/gtest.h>

#include "support/fake_clock.hpp"

namespace waltrack {
namespace {

constexpr int64_t kSecond = 1'000'000;

}  // namespace

TEST(EventTime, Iso8601IsReadWithAnyFractionAndOffset) {
  EXPECT_EQ(parse_event_time("2026-11-23T12:00:00Z"), kNoonUs);
  EXPECT_EQ(parse_event_time("2026-11-23T12:00:00.5Z"), kNoonUs + kSecond / 2);
  EXPECT_EQ(parse_event_time("2026-11-23T12:00:00.000001234Z"), kNoonUs + 1);
  EXPECT_EQ(parse_event_time("2026-11-23T14:30:00+02:30"), kNoonUs);
  EXPECT_EQ(parse_event_time("2026-11-23T05:00:00-0700"), kNoonUs);
  EXPECT_EQ(parse_event_time("2026-11-23 14:00:00+02"), kNoonUs);
  EXPECT_EQ(parse_event_time("2026-11-23T12:00:00"), kNoonUs);
  EXPECT_EQ(parse_event_time("2026-11-23T12:00Z"), kNoonUs);
  EXPECT_EQ(parse_event_time("2026-11-23"), kNoonUs - 12 * 3600 * kSecond);
  EXPECT_EQ(parse_event_time("1970-01-01T00:00:00Z"), 0);
}

TEST(EventTime, WhatIsNoTimeIsRefused) {
  for (const char* text :
       {"", "now", "2026", "2026-11", "2026-13-01", "2026-11-23T", "2026-11-23T25:00:00Z",
        "2026-11-23T12:00:00.Z", "2026-11-23T12:00:00Zx", "2026-11-23T12:00:00+", "1795435200"}) {
    EXPECT_EQ(parse_event_time(text), std::nullopt) << text;
  }
}

TEST(EventTime, SendersClockIsSetRight) {
  // The sender's clock is an hour ahead: what it calls 12:59:50 was ten seconds before it sent.
  EXPECT_EQ(corrected_event_time("2026-11-23T12:59:50Z", "2026-11-23T13:00:00Z", kNoonUs),
            kNoonUs - 10 * kSecond);
}

TEST(EventTime, MissingTimesFallBack) {
  EXPECT_EQ(corrected_event_time("", "2026-11-23T13:00:00Z", kNoonUs), kNoonUs);
  EXPECT_EQ(corrected_event_time("yesterday", "", kNoonUs), kNoonUs);
  EXPECT_EQ(corrected_event_time("1970-01-01T00:00:00Z", "", kNoonUs), 0);
}

}  // namespace waltrack
