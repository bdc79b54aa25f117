#include "pipeline/chunk_pace.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

using namespace std::chrono_literals;

const SteadyTime kNow{std::chrono::hours(1)};

}  // namespace

TEST(ChunkPace, ChunksComeToTheBytesTheyShouldHave) {
  ChunkPace pace(1'000'000, 0, kNow);
  EXPECT_EQ(pace.most_rows(), 1000u);
  pace.read(1000, 100'000);
  EXPECT_EQ(pace.most_rows(), 10'000u);
}

TEST(ChunkPace, TheyShrinkWhereMappingIsSlowAndGrowAgain) {
  ChunkPace pace(1'000'000, 0, kNow);
  pace.read(1000, 100'000);
  pace.mapped(3000ms);
  EXPECT_EQ(pace.most_rows(), 5000u);
  pace.mapped(500ms);
  EXPECT_EQ(pace.most_rows(), 5000u);
  pace.mapped(10ms);
  pace.mapped(10ms);
  EXPECT_EQ(pace.most_rows(), 10'000u);
}

TEST(ChunkPace, AFailureMakesThemSmallerAndWaits) {
  ChunkPace pace(1'000'000, 0, kNow);
  pace.read(1000, 100'000);
  for (int i = 0; i < 100; ++i)
    pace.failed(kNow);
  EXPECT_GE(pace.most_rows(), 1u);
  EXPECT_LT(pace.most_rows(), 100u);
  EXPECT_GE(pace.due(), kNow);
  EXPECT_LE(pace.due(), kNow + 30s);
}

TEST(ChunkPace, ARateBoundsRowsAndTime) {
  ChunkPace pace(1'000'000, 500, kNow);
  EXPECT_EQ(pace.most_rows(), 500u);
  pace.asked(500, kNow + 10s);
  EXPECT_EQ(pace.due(), kNow + 11s);
  pace.asked(250, kNow + 11s);
  EXPECT_EQ(pace.due(), kNow + 11s + 500ms);
}

TEST(ChunkPace, ThereIsAlwaysARow) {
  ChunkPace pace(10, 0, kNow);
  EXPECT_EQ(pace.most_rows(), 1u);
  pace.read(1, 5'000'000);
  EXPECT_EQ(pace.most_rows(), 1u);
}

}  // namespace waltrack
