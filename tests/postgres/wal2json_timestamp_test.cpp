#include "postgres/wal2json_timestamp.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

TEST(Wal2jsonTimestamp, ReadsWhatThePluginPrints) {
  EXPECT_EQ(parse_wal2json_timestamp("2026-11-23 12:37:33.098093+00"), 1'795'437'453'098'093);
  EXPECT_EQ(parse_wal2json_timestamp("1970-01-01 00:00:00+00"), 0);
  EXPECT_EQ(parse_wal2json_timestamp("1969-12-31 23:59:59.999999+00"), -1);
}

TEST(Wal2jsonTimestamp, TrailingZerosMayBeLeftOut) {
  EXPECT_EQ(parse_wal2json_timestamp("1970-01-01 00:00:01.5+00"), 1'500'000);
  EXPECT_EQ(parse_wal2json_timestamp("1970-01-01 00:00:01.00001+00"), 1'000'010);
}

TEST(Wal2jsonTimestamp, EveryOffsetLeadsToTheSameTime) {
  const auto utc = parse_wal2json_timestamp("2026-11-23 12:37:33.098093+00");
  EXPECT_EQ(parse_wal2json_timestamp("2026-11-23 18:07:33.098093+05:30"), utc);
  EXPECT_EQ(parse_wal2json_timestamp("2026-11-23 18:07:48.098093+05:30:15"), utc);
  EXPECT_EQ(parse_wal2json_timestamp("2026-11-23 09:07:33.098093-03:30"), utc);
  EXPECT_EQ(parse_wal2json_timestamp("2026-11-24 00:37:33.098093+12"), utc);
}

TEST(Wal2jsonTimestamp, AnythingElseIsRefused) {
  for (const char* text :
       {"", "2026-11-23", "2026-11-23 12:37:33", "2026-11-23T12:37:33+00",
        "23/11/2026 12:37:33 UTC", "2026-11-23 12:37:33.0980931+00", "2026-11-23 12:37:33.+00",
        "2026-13-23 12:37:33+00", "2026-00-23 12:37:33+00", "2026-11-00 12:37:33+00",
        "2026-11-23 24:37:33+00", "2026-11-23 12:37:33+0",
        "2026-11-23 12:37:33+00:", "2026-11-23 12:37:33+00 ", "infinity",
        "999999-11-23 12:37:33+00", "2026-11-23 12:37:33+00 BC", "-2026-11-23 12:37:33+00"}) {
    EXPECT_EQ(parse_wal2json_timestamp(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace waltrack
