#include "model/snapshot.hpp"

#include <gtest/gtest.h>

namespace waltrack {

TEST(Snapshot, ReadsWhatPostgresTells) {
  const auto snapshot = Snapshot::parse("834:837:834,836");
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->xmin, 834u);
  EXPECT_EQ(snapshot->xmax, 837u);
  EXPECT_EQ(snapshot->xip, (std::vector<uint64_t>{834, 836}));
  EXPECT_TRUE(Snapshot::parse("3790:3790:")->xip.empty());
}

TEST(Snapshot, RefusesWhatIsNone) {
  for (const char* text : {"", "1", "1:", "1:2", "a:2:", "1:2:3,", "1:2:,3", "1:2:3 ", "1:2:x"})
    EXPECT_FALSE(Snapshot::parse(text)) << text;
}

TEST(Snapshot, SeesWhatIsOverAndNotWhatRuns) {
  const Snapshot snapshot = *Snapshot::parse("834:837:834,836");
  EXPECT_TRUE(snapshot.sees(833));
  EXPECT_FALSE(snapshot.sees(834));
  EXPECT_TRUE(snapshot.sees(835));
  EXPECT_FALSE(snapshot.sees(836));
  EXPECT_FALSE(snapshot.sees(837));
  EXPECT_FALSE(snapshot.sees(900));
}

TEST(Snapshot, KnowsXidsOfTheStreamAcrossTheEndOfTheirCircle) {
  Snapshot snapshot;  // 2 of the third epoch is the next one
  snapshot.xmin = snapshot.xmax = (uint64_t{3} << 32) + 2;
  EXPECT_TRUE(snapshot.sees(1));
  EXPECT_TRUE(snapshot.sees(0xFFFFFFFFU));
  EXPECT_FALSE(snapshot.sees(2));
  EXPECT_FALSE(snapshot.sees(5));
}

}  // namespace waltrack
