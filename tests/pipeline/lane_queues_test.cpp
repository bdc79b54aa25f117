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
  ASSERT_TRUE(queues.take(0));
  EXPECT_EQ(queues.bytes(), queued);
  queues.finish(0);
  EXPECT_EQ(queues.bytes(), 0u);
}

TEST(LaneQueues, AUserAlwaysTravelsInTheSameLane) {
  const LaneQueues queues(8, {.bytes = 100, .events = 10});
  std::vector<bool> used(8, false);
  for (int i = 0; i < 200; ++i) {
    const std::string user = "user-" + std::to_string(i);
    EXPECT_EQ(queues.lane_of(user), queues.lane_of(user));
    used[queues.lane_of(user)] = true;
  }
  EXPECT_EQ(std::count(used.begin(), used.end(), true), 8);
}

}  // namespace waltrack
