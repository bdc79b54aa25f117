#include "pipeline/lane_work.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace waltrack {
namespace {

LaneQueues::Taken batch_of(uint64_t first, size_t events) {
  LaneQueues::Taken taken{{}, 1};
  for (uint64_t i = first; i < first + events; ++i) {
    if (!taken.events.text.empty()) taken.events.text.push_back(',');
    const size_t start = taken.events.text.size();
    taken.events.text += "{\"n\":" + std::to_string(i) + "}";
    taken.events.close(i, start);
  }
  return taken;
}

class LaneWorkTest : public testing::Test {
 protected:
  // Sends all pieces to a receiver that takes nothing with this event in it. Gives the requests.
  size_t send_all(uint64_t poison) {
    size_t requests = 0;
    for (; work_.has_pieces(); ++requests) {
      const std::vector<uint64_t>& numbers = work_.piece().events.sequences;
      if (std::find(numbers.begin(), numbers.end(), poison) != numbers.end()) {
        work_.refuse({"HTTP 400", "bad"}, ++request_);
        continue;
      }
      const EventBatch taken = work_.accept().events;
      accepted_.insert(accepted_.end(), taken.sequences.begin(), taken.sequences.end());
      ++request_;
    }
    return requests;
  }
  void refuse_until_suspected() {
    while (!work_.refuse({"HTTP 400", ""}, ++request_)) {
    }
  }

  LaneWork work_;
  uint64_t request_ = 0;
  std::vector<uint64_t> accepted_;
};

}  // namespace

TEST_F(LaneWorkTest, TheCulpritIsFoundInTwiceTheLogarithmOfRequests) {
  for (const uint64_t poison : {0, 1, 1234, 2047}) {
    work_.begin(batch_of(0, 2048));
    EXPECT_LE(send_all(poison), 2u * 11 + LaneWork::kMostTries) << poison;
    const auto culprits = work_.take_suspects({1, request_ + 1});
    ASSERT_EQ(culprits.size(), 1u);
    EXPECT_EQ(culprits[0].piece.events.text, "{\"n\":" + std::to_string(poison) + "}");
    EXPECT_EQ(culprits[0].piece.why.answer, "bad");
    EXPECT_EQ(accepted_.size(), 2047u);
    EXPECT_TRUE(std::is_sorted(accepted_.begin(), accepted_.end()));
    accepted_.clear();
  }
}

TEST_F(LaneWorkTest, PiecesHoldTheTextsOfTheirEvents) {
  work_.begin(batch_of(7, 5));
  work_.refuse({}, ++request_);
  EXPECT_EQ(work_.piece().events.text, R"({"n":7},{"n":8})");
  EXPECT_EQ(work_.accept().events.sequences, (std::vector<uint64_t>{7, 8}));
  EXPECT_EQ(work_.piece().events.text, R"({"n":9},{"n":10},{"n":11})");
}

TEST_F(LaneWorkTest, OnlyWhatWasTriedBeforeARequestIsItsSuspect) {
  work_.begin(batch_of(0, 2));
  work_.refuse({}, ++request_);
  refuse_until_suspected();
  const uint64_t between = ++request_;
  refuse_until_suspected();
  EXPECT_EQ(work_.take_suspects({1, between}).size(), 1u);
  EXPECT_EQ(work_.take_suspects({2, request_ + 1}).size(), 0u) << "of another lane";
  EXPECT_EQ(work_.take_suspects({1, request_ + 1}).size(), 1u);
}

TEST_F(LaneWorkTest, AReopenedEventPassesOnlyOlderOnes) {
  work_.begin(batch_of(0, 2));
  work_.refuse({}, ++request_);
  refuse_until_suspected();
  refuse_until_suspected();
  const auto passed = work_.take_suspects({.lanes = 1, .request = ++request_, .number = 1});
  ASSERT_EQ(passed.size(), 1u);
  EXPECT_EQ(passed[0].piece.events.sequences, (std::vector<uint64_t>{0}));
  EXPECT_EQ(work_.suspected(), 1u) << "the other is still one";
}

TEST_F(LaneWorkTest, TheFirstIsReopenedThatWasNotTriedSince) {
  work_.begin(batch_of(0, 2));
  work_.refuse({}, ++request_);
  refuse_until_suspected();
  const uint64_t hold = request_;
  refuse_until_suspected();
  EXPECT_EQ(work_.suspect(hold + 1), 0u);
  work_.reopen_first(hold + 1);
  EXPECT_EQ(work_.piece().events.sequences, (std::vector<uint64_t>{0}));
  EXPECT_TRUE(work_.refuse({}, ++request_)) << "one try is enough then";
  EXPECT_EQ(work_.suspect(hold + 1), std::nullopt);
}

// Its users' next events travel in its first lane, where older ones of theirs are no suspects.
TEST_F(LaneWorkTest, AFenceThatIsSetAsideLetsWhatIsInItsLanesBePassedInEachOfThem) {
  work_.begin(batch_of(0, 1));
  refuse_until_suspected();
  EXPECT_TRUE(work_.take_suspects({2, ++request_}).empty());
  work_.widen_suspects(0b100 | 0b10);
  EXPECT_TRUE(work_.take_suspects({2, ++request_}).empty()) << "it has no lane in common";
  work_.widen_suspects(0b11);
  EXPECT_EQ(work_.take_suspects({2, ++request_}).size(), 1u);
}

TEST_F(LaneWorkTest, ReopenedEventsComeBeforeAllOthersInTheirOrder) {
  work_.begin(batch_of(0, 4));
  work_.refuse({}, ++request_);
  work_.refuse({}, ++request_);
  refuse_until_suspected();
  refuse_until_suspected();
  EXPECT_TRUE(work_.reopen().empty());
  std::vector<uint64_t> order;
  while (work_.has_pieces()) {
    for (const uint64_t number : work_.accept().events.sequences)
      order.push_back(number);
  }
  EXPECT_EQ(order, (std::vector<uint64_t>{0, 1, 2, 3}));
}

TEST_F(LaneWorkTest, ASuspectThatANewerEventMayHavePassedIsNotReopened) {
  work_.begin(batch_of(0, 2));
  work_.refuse({}, ++request_);
  refuse_until_suspected();
  work_.pass_suspects({1, ++request_});
  EXPECT_FALSE(work_.suspect(request_));
  const auto late = work_.reopen();
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].piece.events.sequences, (std::vector<uint64_t>{0}));
  EXPECT_FALSE(work_.reopened());
}

}  // namespace waltrack
