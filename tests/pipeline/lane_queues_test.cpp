#include "pipeline/lane_queues.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

std::vector<EventBatch> one(std::string text, std::vector<uint64_t> sequences) {
  std::vector<EventBatch> fresh(1);
  fresh[0].text = std::move(text);
  fresh[0].sizes.assign(sequences.size(), 3);
  fresh[0].sequences = std::move(sequences);
  return fresh;
}

}  // namespace

TEST(LaneQueues, EventsGatherInOneBatchUntilTaken) {
  LaneQueues queues(1, {.bytes = 100, .events = 10});
  auto fresh = one("{1}", {1});
  queues.push(fresh);
  fresh = one("{2},{3}", {2, 3});
  queues.push(fresh);
  const auto batch = queues.take(0);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->events.text, "{1},{2},{3}");
  EXPECT_EQ(batch->events.sequences, (std::vector<uint64_t>{1, 2, 3}));
  EXPECT_FALSE(queues.take(0));
}

TEST(LaneQueues, ABatchStaysWithinBothLimits) {
  LaneQueues queues(1, {.bytes = 7, .events = 10});
  auto fresh = one("{1}", {1});
  queues.push(fresh);
  fresh = one("{2}", {2});
  queues.push(fresh);  // 3 + 1 + 3: fits exactly
  fresh = one("{3}", {3});
  queues.push(fresh);
  EXPECT_EQ(queues.take(0)->events.text, "{1},{2}");
  EXPECT_EQ(queues.take(0)->events.text, "{3}");

  LaneQueues few(1, {.bytes = 100, .events = 2});
  for (uint64_t i = 0; i < 3; ++i) {
    fresh = one("{}", {i});
    few.push(fresh);
  }
  EXPECT_EQ(few.take(0)->events.sequences.size(), 2u);
  EXPECT_EQ(few.take(0)->events.sequences.size(), 1u);
}

TEST(LaneQueues, BytesCountUntilTheBatchIsFinished) {
  LaneQueues queues(1, {.bytes = 100, .events = 10});
  auto fresh = one("{1}", {1});
  queues.push(fresh);
  fresh = one("{2}", {2});
  queues.push(fresh);
  const size_t queued = queues.bytes();
  EXPECT_GT(queued, 0u);
  EXPECT_EQ(queues.lane_bytes(), std::vector<size_t>{queued});
  ASSERT_TRUE(queues.take(0));
  EXPECT_EQ(queues.bytes(), queued);
  EXPECT_EQ(queues.lane_bytes(), std::vector<size_t>{queued});
  queues.finish(0);
  EXPECT_EQ(queues.bytes(), 0u);
}

namespace {

// Three lanes with one event each in lane 0 and 1, a fence over both, and one more in each.
class Fences : public testing::Test {
 protected:
  static EventBatch event(uint64_t number) {
    EventBatch batch;
    batch.text = "{" + std::to_string(number) + "}";
    batch.close(number, 0);
    return batch;
  }
  void push(size_t lane, uint64_t number) {
    std::vector<EventBatch> fresh(3);
    fresh[lane] = event(number);
    queues_.push(fresh);
  }
  void push_fence(LaneSet lanes, uint64_t number) {
    EventBatch batch = event(number);
    queues_.push_fence(batch, lanes);
    EXPECT_TRUE(batch.empty());
  }
  std::string take(size_t lane) {
    const auto taken = queues_.take(lane);
    return taken ? taken->events.text : "";
  }
  std::string finish_and_take(size_t lane) {
    queues_.finish(lane);
    return take(lane);
  }

  LaneQueues queues_{3, {.bytes = 100, .events = 10}};
};

}  // namespace

TEST_F(Fences, WhatStandsBetweenThemTakesLittleRoom) {
  LaneQueues queues(2, {.bytes = 475'000, .events = 2500});
  std::vector<EventBatch> fresh(2);
  for (uint64_t number = 0; number < 8; ++number) {
    EventBatch batch = event(number);
    if (number % 4 < 2) {
      queues.push_fence(batch, 0b11);
    } else {
      fresh[0] = std::move(batch);
      queues.push(fresh);
    }
  }
  for (const char* expected : {"{0},{1}", "{2},{3}", "{4},{5}", "{6},{7}"}) {
    const auto taken = queues.take(0);
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->events.text, expected);
    EXPECT_LT(taken->events.text.capacity(), 1000u);
    queues.finish(0);
  }
}

TEST_F(Fences, IsSentWhenAllBeforeItIsDoneInAllItsLanes) {
  push(0, 1);
  push(1, 2);
  push_fence(0b011, 3);
  push(0, 4);
  push(1, 5);
  EXPECT_EQ(take(0), "{1}");
  EXPECT_EQ(take(1), "{2}");
  EXPECT_EQ(finish_and_take(0), "") << "lane 1 is not there yet";
  EXPECT_EQ(finish_and_take(1), "") << "lane 0 sends it";
  const auto fence = queues_.take(0);
  ASSERT_TRUE(fence);
  EXPECT_EQ(fence->events.text, "{3}");
  EXPECT_EQ(fence->lanes, 0b011u);
  EXPECT_EQ(take(1), "") << "it is not done";
  EXPECT_EQ(finish_and_take(0), "{4}");
  EXPECT_EQ(take(1), "{5}");
  queues_.finish(0);
  queues_.finish(1);
  EXPECT_EQ(queues_.bytes(), 0u);
}

TEST_F(Fences, OtherLanesDoNotWait) {
  push(0, 1);
  push_fence(0b011, 2);
  push(2, 3);
  EXPECT_EQ(take(0), "{1}");
  EXPECT_EQ(take(2), "{3}");
}

TEST_F(Fences, ThatFollowEachOtherAreSentTogether) {
  push_fence(0b011, 1);
  push_fence(0b011, 2);
  push_fence(0b110, 3);  // takes lane 2 in
  push_fence(0b101, 4);
  EXPECT_EQ(take(0), "{1},{2},{3},{4}");
  EXPECT_EQ(take(2), "");
}

TEST_F(Fences, OneThatIsBeingSentIsNotJoined) {
  push_fence(0b011, 1);
  EXPECT_EQ(take(0), "{1}");
  push_fence(0b011, 2);
  EXPECT_EQ(finish_and_take(0), "{2}");
}

TEST_F(Fences, DoNotPassWhatStandsBetweenThem) {
  push_fence(0b011, 1);
  push(1, 2);
  push_fence(0b011, 3);
  EXPECT_EQ(take(0), "{1}");
  EXPECT_EQ(finish_and_take(0), "");
  EXPECT_EQ(take(1), "{2}");
  queues_.finish(1);
  EXPECT_EQ(take(0), "{3}");
}

// Lane 2 saw a newer fence than the one that would take it in: joined, each would wait for the
// other.
TEST_F(Fences, DoNotWaitForEachOther) {
  push_fence(0b011, 1);
  push_fence(0b110, 2);  // joins the first
  push(2, 3);
  push_fence(0b101, 4);  // must not join: lane 2 has moved on
  EXPECT_EQ(take(0), "{1},{2}");
  EXPECT_EQ(finish_and_take(0), "");
  EXPECT_EQ(take(2), "{3}");
  queues_.finish(2);
  EXPECT_EQ(take(0), "{4}");
}

}  // namespace waltrack
