#include "pipeline/lane_batches.hpp"

#include <gtest/gtest.h>
#include <string>

namespace waltrack {
namespace {

class LaneBatchesTest : public testing::Test {
 protected:
  void add(LaneSet lanes, std::string_view event) {
    if (!batches_.takes(lanes)) {
      batches_.push();
      ++pushes_;
    }
    batches_.add(lanes, sequence_++, event);
  }
  std::string take(size_t lane) {
    const auto taken = queues_.take(lane);
    return taken ? taken->events.text : "nothing";
  }

  LaneQueues queues_{3, {.bytes = 475'000, .events = 2500}};
  LaneBatches batches_{queues_};
  uint64_t sequence_ = 0;
  int pushes_ = 0;
};

}  // namespace

TEST_F(LaneBatchesTest, EventsOfOneLaneGatherWithoutTouchingTheQueues) {
  add(0b001, "{1}");
  add(0b010, "{2}");
  add(0b001, "{3}");
  EXPECT_EQ(take(0), "nothing");
  batches_.push();
  EXPECT_EQ(take(0), "{1},{3}");
  EXPECT_EQ(take(1), "{2}");
  EXPECT_EQ(pushes_, 0);
}

TEST_F(LaneBatchesTest, EventsOfSeveralLanesBecomeOneBatchOfAllOfThem) {
  add(0b011, "{1}");
  add(0b110, "{2}");
  EXPECT_EQ(pushes_, 0);
  batches_.push();
  const auto taken = queues_.take(0);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->events.text, "{1},{2}");
  EXPECT_EQ(taken->lanes, 0b111u);
}

TEST_F(LaneBatchesTest, ThoseThatHaveNoLaneInCommonDoNotWaitForEachOther) {
  LaneQueues queues(4, {.bytes = 475'000, .events = 2500});
  LaneBatches batches(queues);
  batches.add(0b0011, 0, "{1}");
  EXPECT_FALSE(batches.takes(0b1100));
  batches.push();
  batches.add(0b1100, 1, "{2}");
  batches.push();
  EXPECT_EQ(queues.take(0)->lanes, 0b0011u);
  EXPECT_EQ(queues.take(2)->lanes, 0b1100u);
}

TEST_F(LaneBatchesTest, WhatIsTakenBackLeavesNeitherLanesNorRoomBehind) {
  EventBatch& batch = batches_.at(0b011);
  const size_t start = batch.open();
  batch.text.append(10'000'000, 'x');
  batch.abandon(start);
  EXPECT_LT(batch.text.capacity(), 1'000'000u);
  add(0b110, "{1}");
  batches_.push();
  EXPECT_EQ(queues_.take(1)->lanes, 0b110u);
}

TEST_F(LaneBatchesTest, TheLanesOfOnesThatWerePushedAreForgotten) {
  add(0b011, "{1}");
  batches_.push();
  ASSERT_TRUE(queues_.take(0));
  queues_.finish(0);
  add(0b110, "{2}");
  batches_.push();
  EXPECT_EQ(queues_.take(1)->lanes, 0b110u);
}

TEST_F(LaneBatchesTest, NoneOfOneLaneComesBeforeAnOlderOneOfSeveral) {
  add(0b001, "{1}");
  add(0b011, "{2}");
  add(0b001, "{3}");
  EXPECT_EQ(pushes_, 1);
  batches_.push();
  EXPECT_EQ(take(0), "{1}");
  EXPECT_EQ(take(0), "nothing") << "the first is not finished";
  queues_.finish(0);
  EXPECT_EQ(take(0), "{2}");
  queues_.finish(0);
  EXPECT_EQ(take(0), "{3}");
}

TEST_F(LaneBatchesTest, ALargeOneIsPushedBeforeTheNextIsAdded) {
  add(0b010, std::string(100'000, 'x'));
  EXPECT_TRUE(batches_.is_full());
  add(0b001, "{2}");
  EXPECT_EQ(pushes_, 1);
  EXPECT_FALSE(batches_.is_full());
}

}  // namespace waltrack
