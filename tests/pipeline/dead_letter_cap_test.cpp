#include "pipeline/dead_letter_cap.hpp"

#include <chrono>
#include <gtest/gtest.h>

#include "pipeline/fakes.hpp"

namespace waltrack {
namespace {

using Items = std::vector<DeadLetterQueue::Item>;

class DeadLetterCapTest : public testing::Test {
 protected:
  static DeadLetterQueue::Item item(uint64_t sequence) {
    DeadLetter letter;
    letter.position.lsn = Lsn{sequence};
    return {sequence, letter};
  }
  static Items items(std::vector<uint64_t> sequences) {
    Items all;
    for (const uint64_t sequence : sequences)
      all.push_back(item(sequence));
    return all;
  }
  std::vector<uint64_t> admitted(std::vector<uint64_t> fresh) {
    std::vector<uint64_t> sequences;
    for (const DeadLetterQueue::Item& item : cap_.admit(items(std::move(fresh)), clock_.steady()))
      sequences.push_back(item.sequence);
    return sequences;
  }

  using Sequences = std::vector<uint64_t>;
  FakeStore store_;
  FakeClock clock_;
  DeadLetterCap cap_{store_};
};

}  // namespace

TEST_F(DeadLetterCapTest, WhatHasNoRoomWaitsAndComesInItsOrder) {
  store_.set_dead_letter_room(2);
  EXPECT_EQ(admitted({1, 2, 3, 4, 5}), (Sequences{1, 2}));
  EXPECT_EQ(cap_.waiting(), 3u);
  EXPECT_GT(cap_.bytes(), 0u);
  store_.set_dead_letter_room(2);
  clock_.pass(std::chrono::seconds(1));
  EXPECT_EQ(admitted({6}), (Sequences{3, 4}));
  store_.set_dead_letter_room(10);
  clock_.pass(std::chrono::seconds(1));
  EXPECT_EQ(admitted({7}), (Sequences{5, 6, 7}));
  EXPECT_EQ(cap_.waiting(), 0u);
  EXPECT_EQ(cap_.bytes(), 0u);
}

TEST_F(DeadLetterCapTest, LooksForRoomOnceASecond) {
  store_.set_dead_letter_room(0);
  EXPECT_EQ(admitted({1}), Sequences{});
  store_.set_dead_letter_room(1);
  EXPECT_EQ(admitted({}), Sequences{});
  clock_.pass(std::chrono::milliseconds(999));
  EXPECT_EQ(admitted({}), Sequences{});
  clock_.pass(std::chrono::milliseconds(1));
  EXPECT_EQ(admitted({}), (Sequences{1}));
}

TEST_F(DeadLetterCapTest, OneThatTheStoreHasNeedsNoRoom) {
  store_.save({}, std::vector{item(2).letter}, {});
  store_.set_dead_letter_room(0);
  EXPECT_EQ(admitted({1, 2, 3}), (Sequences{2}));
  EXPECT_EQ(cap_.waiting(), 2u);
}

}  // namespace waltrack
