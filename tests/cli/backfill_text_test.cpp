#include "cli/backfill_text.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

constexpr int64_t kNowUs = 1'700'000'000'000'000;

BackfillProgress half_way() {
  BackfillProgress progress;
  progress.table.name = "users";
  progress.rows = 450'000;
  progress.row_estimate = 1'000'000;
  progress.bytes = 52 << 20;
  progress.rate = 5'000;
  return progress;
}

BackfillProgress over(BackfillPhase phase, const std::string& reason = "") {
  BackfillProgress progress = half_way();
  progress.phase = phase;
  progress.reason = reason;
  progress.finished_at_us = kNowUs - 3'000'000;
  return progress;
}

std::string bar(const BackfillProgress& progress, size_t width = 0) {
  return backfill_bar(progress, 12, {.color = false, .width = width});
}

TEST(BackfillText, ALineTellsAllFigures) {
  EXPECT_EQ(bar(half_way()),
            "public.users   45 %  █████████████░░░░░░░░░░░░░░░░░  450,000 / about 1,000,000 rows  "
            "52.0 MB  5,000/s  110 s left");
}

TEST(BackfillText, NamesOfSeveralTablesAreOfOneWidth) {
  BackfillProgress progress = half_way();
  progress.table.name = "u";
  EXPECT_TRUE(bar(progress).starts_with("public.u       45 %"));
}

TEST(BackfillText, WithoutAnEstimateThereIsNoBarAndNoEnd) {
  BackfillProgress progress = half_way();
  progress.row_estimate = -1;
  EXPECT_EQ(bar(progress), "public.users  450,000 rows  52.0 MB  5,000/s");
  EXPECT_EQ(backfill_percent(progress), std::nullopt);
  EXPECT_EQ(backfill_seconds_left(progress), std::nullopt);
}

// The estimate is of the whole table.
TEST(BackfillText, OfAConditionNobodyKnowsHowManyRowsItLeaves) {
  BackfillProgress progress = half_way();
  progress.where = "a > 1";
  EXPECT_EQ(bar(progress), "public.users  450,000 rows  52.0 MB  5,000/s");
  EXPECT_EQ(backfill_seconds_left(progress), std::nullopt);
  progress.phase = BackfillPhase::done;
  EXPECT_EQ(backfill_percent(progress), 100);
}

TEST(BackfillText, MoreRowsThanExpectedAreNotYetAll) {
  BackfillProgress progress = half_way();
  progress.rows = 1'000'001;
  EXPECT_EQ(backfill_percent(progress), 99);
  EXPECT_EQ(backfill_seconds_left(progress), std::nullopt);
  progress.rows = 1'000'000;
  EXPECT_EQ(backfill_percent(progress), 99);
  EXPECT_EQ(backfill_seconds_left(progress), std::nullopt);
  progress.row_estimate = 0;
  EXPECT_EQ(backfill_percent(progress), 99);
}

TEST(BackfillText, ATableThatHasJustBegunIsAtNothing) {
  BackfillProgress progress;
  progress.table.name = "users";
  progress.row_estimate = 0;
  EXPECT_EQ(bar(progress),
            "public.users    0 %  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  0 / about 0 rows  0 bytes");
  progress.row_estimate = -1;
  EXPECT_EQ(bar(progress), "public.users  0 rows  0 bytes");
}

TEST(BackfillText, AnEmptyTableIsDone) {
  BackfillProgress progress = over(BackfillPhase::done);
  progress.rows = progress.bytes = 0;
  progress.row_estimate = 0;
  EXPECT_EQ(bar(progress),
            "public.users  100 %  ██████████████████████████████  0 rows  0 bytes  done");
  EXPECT_EQ(backfill_sentence(progress, kNowUs), "public.users: done 3 s ago, 0 rows");
}

TEST(BackfillText, HugeNumbersAreShort) {
  BackfillProgress progress = half_way();
  progress.rows = progress.bytes = progress.rate = UINT64_MAX;
  progress.row_estimate = INT64_MAX;
  EXPECT_EQ(bar(progress),
            "public.users   99 %  █████████████████████████████░  18446744.1 tn / about "
            "9223372.0 tn rows  8388608.0 TB  18446744.1 tn/s");
  progress.rows = 0;
  progress.rate = 1;
  EXPECT_EQ(backfill_seconds_left(progress), INT64_MAX);
}

TEST(BackfillText, CountsAreReadAtAGlance) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1'000), "1,000");
  EXPECT_EQ(count_text(9'999'999), "9,999,999");
  EXPECT_EQ(count_text(12'345'678), "12.3 M");
  EXPECT_EQ(count_text(12'345'678'901), "12.3 bn");
}

TEST(BackfillText, ALineNeverLeavesTheTerminal) {
  BackfillProgress waiting = half_way();
  waiting.reason = "the replica has not replayed what was written before the chunk was begun";
  BackfillProgress named = half_way();
  named.table.name = std::string(200, 'n');
  for (const BackfillProgress& progress :
       {half_way(), waiting, named, over(BackfillPhase::failed, "größer als erlaubt"),
        over(BackfillPhase::done)}) {
    for (size_t width = 1; width < 160; ++width) {
      EXPECT_LE(characters_of(bar(progress, width)), width) << width << " " << bar(progress, width);
      EXPECT_NE(bar(progress, width), "");
    }
  }
}

TEST(BackfillText, ANarrowTerminalShowsWhatMattersMost) {
  EXPECT_EQ(bar(half_way(), 80),
            "public.users   45 %  ██████░░░░░░░░░  450,000 / about 1,000,000 rows  110 s left");
  EXPECT_EQ(bar(half_way(), 52), "public.users   45 %  450,000 / about 1,000,000 rows");
  EXPECT_EQ(bar(half_way(), 40), "public.users   45 %  ████████░░░░░░░░░░░");
  EXPECT_EQ(bar(half_way(), 20), "public.us…   45 %");
}

TEST(BackfillText, WhatDoesNotGoOnSaysWhy) {
  BackfillProgress progress = half_way();
  progress.reason = "the server\nis away";
  EXPECT_EQ(backfill_seconds_left(progress), std::nullopt);
  EXPECT_TRUE(bar(progress).ends_with("rows  52.0 MB  waits: the server is away"));
  EXPECT_TRUE(bar(over(BackfillPhase::paused)).ends_with("  paused"));
  EXPECT_TRUE(bar(over(BackfillPhase::failed, "no table")).ends_with("  failed: no table"));
  EXPECT_TRUE(bar(over(BackfillPhase::cancelled)).ends_with("  cancelled"));
}

TEST(BackfillText, ColorsTakeNoRoom) {
  const std::string plain = backfill_bar(half_way(), 12, {.color = false, .width = 90});
  std::string colored = backfill_bar(half_way(), 12, {.color = true, .width = 90});
  const size_t begin = colored.find("\x1b[36m");
  ASSERT_NE(begin, std::string::npos);
  colored.erase(begin, 5);
  colored.erase(colored.find("\x1b[0m"), 4);
  EXPECT_EQ(colored, plain);
}

TEST(BackfillText, TheSentenceTellsConditionAndCaveat) {
  BackfillProgress progress = half_way();
  EXPECT_EQ(backfill_sentence(progress, kNowUs),
            "public.users: 45 %, 450,000 of about 1,000,000 rows, 52.0 MB, 5,000 rows/s, 110 s "
            "left");
  progress.where = "a > 1";
  progress.rows_per_s = 500;
  progress.caveat = "the table has no key";
  EXPECT_EQ(backfill_sentence(progress, kNowUs),
            "public.users: 450,000 rows, 52.0 MB, 5,000 rows/s, at most 500 rows/s; where a > 1; "
            "not exact: the table has no key");
}

TEST(BackfillText, TheSentenceBeginsWithWhatIsNotAsItShouldBe) {
  EXPECT_EQ(backfill_sentence(over(BackfillPhase::failed, "no table"), kNowUs),
            "public.users: failed: no table, 3 s ago, 45 %, 450,000 rows, 52.0 MB");
  BackfillProgress progress = over(BackfillPhase::paused);
  EXPECT_TRUE(backfill_sentence(progress, kNowUs).starts_with("public.users: paused, 45 %"));
}

TEST(BackfillText, WhatIsDoneIsToldShortly) {
  BackfillProgress progress = over(BackfillPhase::done);
  progress.where = "a > 1";
  EXPECT_EQ(backfill_sentence(progress, kNowUs), "public.users: done 3 s ago, 450,000 rows");
  progress.caveat = "no key";
  EXPECT_TRUE(backfill_sentence(progress, kNowUs).ends_with("rows; not exact: no key"));
}

}  // namespace
}  // namespace waltrack
