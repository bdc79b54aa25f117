#include "model/timeline_history.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

constexpr const char* kFile =
    "1\t0/3000148\tno recovery target specified\n"
    "\n"
    "# a comment\n"
    "2\t1/A0\tbefore 2026-11-24 12:00:00+00\n";

TimelineHistory third() {
  return TimelineHistory::parse(3, kFile).value();
}

using Kind = HistoryVerdict::Kind;

}  // namespace

TEST(TimelineHistory, TellsWhereEachAncestorEnded) {
  EXPECT_EQ(third().timeline(), 3u);
  EXPECT_EQ(third().end_of(1), (Lsn{0x3000148}));
  EXPECT_EQ(third().end_of(2), (Lsn{0x1000000A0}));
  EXPECT_EQ(third().end_of(3), std::nullopt);
  EXPECT_EQ(third().end_of(4), std::nullopt);
}

TEST(TimelineHistory, WhatIsNoHistoryIsRefused) {
  EXPECT_TRUE(TimelineHistory::parse(2, ""));
  EXPECT_FALSE(TimelineHistory::parse(2, "one\t0/1\tx\n"));
  EXPECT_FALSE(TimelineHistory::parse(2, "1\n"));
  EXPECT_FALSE(TimelineHistory::parse(2, "1 here\n"));
  EXPECT_FALSE(TimelineHistory::parse(2, "99999999999 0/1\n"));
  EXPECT_TRUE(TimelineHistory::parse(2, "1 0/1"));
}

TEST(JudgeHistory, TheSameTimelineOrAnUnknownOneIsShared) {
  EXPECT_EQ(judge_history(third(), {3, false}, Lsn{9}, Lsn{1}).kind, Kind::shared);
  EXPECT_EQ(judge_history(third(), {0, false}, Lsn{9}, Lsn{1}).kind, Kind::shared);
}

TEST(JudgeHistory, ReadingThatStoodBeforeTheSwitchGoesOn) {
  EXPECT_EQ(judge_history(third(), {1, false}, Lsn{0x3000147}, Lsn{1}).kind, Kind::shared);
  EXPECT_EQ(judge_history(third(), {1, false}, Lsn{0x3000148}, Lsn{1}).kind, Kind::shared);
}

TEST(JudgeHistory, ReadingThatWentBeyondTheSwitchHasDiverged) {
  for (const bool standby : {false, true}) {
    const HistoryVerdict verdict =
        judge_history(third(), {1, standby}, Lsn{0x3000149}, Lsn{0x3000148});
    EXPECT_EQ(verdict.kind, Kind::diverged);
    EXPECT_EQ(verdict.shared_until, (Lsn{0x3000148}));
  }
}

TEST(JudgeHistory, AStandbysSlotThatWasConfirmedBeyondTheSwitchWasReadThroughIt) {
  EXPECT_EQ(judge_history(third(), {1, true}, Lsn{0x3000200}, Lsn{0x3000150}).kind, Kind::shared);
}

TEST(JudgeHistory, ASlotThatSomebodyMadeAfterAPromotionCantGoBack) {
  const HistoryVerdict verdict = judge_history(third(), {1, false}, Lsn{0x3000200}, Lsn{0x3000150});
  EXPECT_EQ(verdict.kind, Kind::slot_beyond);
  EXPECT_EQ(verdict.shared_until, (Lsn{0x3000148}));
}

TEST(JudgeHistory, EachSwitchSinceIsLookedAt) {
  // Read through the first promotion, and beyond the second, which lost the end of it.
  const HistoryVerdict verdict =
      judge_history(third(), {1, true}, Lsn{0x1000000B0}, Lsn{0x100000090});
  EXPECT_EQ(verdict.kind, Kind::diverged);
  EXPECT_EQ(verdict.shared_until, (Lsn{0x1000000A0}));
}

TEST(JudgeHistory, AnEarlierTimelineAndOneThatIsNoAncestorAreTold) {
  EXPECT_EQ(judge_history(third(), {4, false}, Lsn{9}, Lsn{9}).kind, Kind::server_older);
  EXPECT_EQ(
      judge_history(TimelineHistory::parse(3, "1 0/5\n").value(), {2, false}, Lsn{9}, Lsn{9}).kind,
      Kind::unrelated);
}

}  // namespace waltrack
