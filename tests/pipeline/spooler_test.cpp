#include "pipeline/spooler.hpp"

#include <gtest/gtest.h>

#include "pipeline/fake_spool.hpp"
#include "pipeline/fakes.hpp"
#include "pipeline/lane_batches.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr BatchLimits kLimits{.bytes = 1000, .events = 100};

class SpoolerTest : public testing::Test {
 protected:
  SpoolerTest() {
    rule_.table = "public.t";
    rule_.id = "identify";
    spooler_.emplace(settings(), incoming_, ledger_, dead_letters_, kLimits, clock_);
  }

  SpoolSettings settings() { return {.store = &store_, .after = 1s}; }

  // An event of these lanes, as capture brings it.
  void bring(LaneSet lanes) {
    const LedgerEntry entry{.rule = &rule_,
                            .commit_lsn = Lsn{900},
                            .lsn = Lsn{sequence_ + 1},
                            .op = Op::update,
                            .mark_after = Lsn{sequence_ + 1},
                            .commit_time_us = 77};
    ledger_.append({}, {&entry, 1});
    LaneBatches fresh(incoming_);
    fresh.add(lanes, sequence_, "e" + std::to_string(sequence_));
    ++sequence_;
    fresh.push();
  }
  std::string take(size_t lane) {
    const auto taken = spooler_->outgoing().take(lane);
    if (!taken) return "";
    numbers_ = taken->events.sequences;
    return taken->events.text;
  }
  void finish(size_t lane) {
    spooler_->accepted(numbers_);
    spooler_->outgoing().finish(lane);
  }

  Rule rule_;
  uint64_t sequence_ = 0;
  std::vector<uint64_t> numbers_;  // of what was taken last
  FakeClock clock_;
  FakeSpool store_{100};
  LaneQueues incoming_{2, kLimits};
  InflightLedger ledger_{Checkpoint{}};
  DeadLetterQueue dead_letters_;
  std::optional<Spooler> spooler_;
};

}  // namespace

TEST_F(SpoolerTest, WhatIsSyncedCountsAsFinished) {
  bring(0b01);
  bring(0b10);
  spooler_->begin({});
  EXPECT_EQ(ledger_.unfinished(), 2u);
  EXPECT_TRUE(spooler_->work());
  EXPECT_TRUE(ledger_.is_idle());
  EXPECT_EQ(store_.syncs, 1u);
  EXPECT_TRUE(store_.holds("e0"));
  EXPECT_EQ(spooler_->figure().events, 2u);
  EXPECT_EQ(incoming_.bytes(), 0u);
}

TEST_F(SpoolerTest, EventsComeBackInTheirLanesAndFencesWithThem) {
  bring(0b01);
  bring(0b11);
  bring(0b10);
  spooler_->begin({});
  spooler_->work();
  EXPECT_EQ(take(1), "") << "the fence is before it";
  EXPECT_EQ(take(0), "e0");
  finish(0);
  EXPECT_EQ(take(0), "e1");
  finish(0);
  EXPECT_EQ(take(1), "e2");
  finish(1);
  EXPECT_FALSE(spooler_->end()) << "it is not released yet";
  EXPECT_TRUE(spooler_->work());
  EXPECT_TRUE(store_.empty());
  EXPECT_TRUE(spooler_->end());
  EXPECT_FALSE(spooler_->in_use());
}

TEST_F(SpoolerTest, WhatDeliveryGivesBackGoesFirst) {
  bring(0b01);
  bring(0b10);
  LaneQueues::Taken taken = *incoming_.take(0);
  bring(0b01);
  std::vector<LaneWork::Piece> work;
  work.push_back({std::move(taken.events), taken.lanes});
  spooler_->begin(std::move(work));
  spooler_->work();
  EXPECT_EQ(take(0), "e0,e2");
  EXPECT_EQ(take(1), "e1");
}

TEST_F(SpoolerTest, WithoutRoomEventsWaitUnfinishedAndGoInLater) {
  bring(0b01);
  spooler_->begin({});
  spooler_->work();
  for (int i = 0; i < 40; ++i)
    bring(0b01);
  spooler_->work();  // about 110 bytes, where 98 are free
  EXPECT_TRUE(spooler_->figure().full);
  const uint64_t waiting = ledger_.unfinished();
  EXPECT_GT(waiting, 0u);
  EXPECT_LT(waiting, 40u);
  EXPECT_GT(spooler_->memory_bytes(), 0u);
  EXPECT_NE(take(0), "");
  finish(0);
  spooler_->work();
  clock_.pass(2s);
  spooler_->work();
  EXPECT_TRUE(ledger_.is_idle());
  EXPECT_FALSE(spooler_->figure().full);
  std::string rest;
  for (std::string batch = take(0); !batch.empty(); batch = take(0)) {
    rest += batch;
    finish(0);
    spooler_->work();
  }
  EXPECT_TRUE(rest.ends_with("e40")) << rest;
}

TEST_F(SpoolerTest, AFullDiskIsWaitedFor) {
  store_.disk_full = true;
  bring(0b01);
  spooler_->begin({});
  EXPECT_FALSE(spooler_->work());
  EXPECT_TRUE(spooler_->figure().full);
  EXPECT_EQ(ledger_.unfinished(), 1u);
  store_.disk_full = false;
  clock_.pass(2s);
  EXPECT_TRUE(spooler_->work());
  EXPECT_TRUE(ledger_.is_idle());
}

TEST_F(SpoolerTest, ARefusedEventStaysUntilItsLetterIsStored) {
  bring(0b01);
  spooler_->begin({});
  spooler_->work();
  EXPECT_EQ(take(0), "e0");
  spooler_->refused(numbers_[0], "e0", {"HTTP 400", "no"});
  spooler_->outgoing().finish(0);
  spooler_->work();
  EXPECT_FALSE(store_.empty());
  const auto items = dead_letters_.take_all();
  ASSERT_EQ(items.size(), 1u);
  EXPECT_TRUE(items[0].spooled);
  EXPECT_EQ(items[0].letter.position.table, "public.t");
  EXPECT_EQ(items[0].letter.position.rule, "identify");
  EXPECT_EQ(items[0].letter.position.lsn, Lsn{1});
  EXPECT_EQ(items[0].letter.op, "update");
  EXPECT_EQ(items[0].letter.commit_time_us, 77);
  EXPECT_EQ(items[0].letter.payload, "e0");
  EXPECT_EQ(items[0].letter.answer, "no");
  dead_letters_.note_stored(std::vector<uint64_t>{items[0].sequence});
  spooler_->work();
  EXPECT_TRUE(store_.empty());
}

TEST_F(SpoolerTest, BehindALetterThatIsNotStoredItLoadsSoMuchAndNoMore) {
  constexpr size_t kEvents = 100'000;
  FakeSpool large(10 << 20);
  spooler_.emplace(SpoolSettings{.store = &large, .after = 1s}, incoming_, ledger_, dead_letters_,
                   kLimits, clock_);
  for (size_t i = 0; i < kEvents; ++i)
    bring(0b01);
  spooler_->begin({});
  spooler_->work();
  const auto accept_all = [&] {
    size_t taken = 0;
    for (size_t before = SIZE_MAX; before != taken; spooler_->work()) {
      before = taken;
      while (!take(0).empty()) {
        taken += numbers_.size();
        if (numbers_.front() == 0) {
          spooler_->refused(0, "e0", {"HTTP 400", "no"});
          numbers_.erase(numbers_.begin());
        }
        finish(0);
      }
    }
    return taken;
  };
  const size_t first = accept_all();
  EXPECT_LT(first, kEvents);
  EXPECT_LT(spooler_->memory_bytes(), 10u << 20);
  dead_letters_.note_stored(std::vector<uint64_t>{0});
  spooler_->work();
  EXPECT_EQ(first + accept_all(), kEvents);
  EXPECT_TRUE(spooler_->end());
}

TEST_F(SpoolerTest, ARestartSendsWhatIsInItBeforeAllElse) {
  bring(0b01);
  spooler_->begin({});
  spooler_->work();
  store_.reopen();
  LaneQueues fewer(1, kLimits);
  Spooler again(settings(), fewer, ledger_, dead_letters_, kLimits, clock_);
  EXPECT_TRUE(again.in_use());
  again.work();
  EXPECT_EQ(again.outgoing().take(0)->events.text, "e0");
}

// Users share lanes differently then: who was in two may be in one, and the other way round.
TEST_F(SpoolerTest, EventsOfAnotherNumberOfLanesWaitForAllBefore) {
  bring(0b10);
  bring(0b01);
  spooler_->begin({});
  spooler_->work();
  store_.reopen();
  LaneQueues more(3, kLimits);
  Spooler again(settings(), more, ledger_, dead_letters_, kLimits, clock_);
  const LedgerEntry entry{.rule = &rule_, .commit_lsn = Lsn{900}, .lsn = {}, .mark_after = {}};
  ledger_.append({}, {&entry, 1});
  LaneBatches fresh(more);
  fresh.add(0b100, sequence_, "new");
  fresh.push();
  again.work();
  EXPECT_FALSE(again.outgoing().take(2));
  const auto one = again.outgoing().take(1);
  const auto other = again.outgoing().take(0);
  ASSERT_TRUE(one && other);
  again.accepted(one->events.sequences);
  again.outgoing().finish(1);
  again.work();
  EXPECT_FALSE(again.outgoing().take(2)) << "one is not done";
  again.accepted(other->events.sequences);
  again.outgoing().finish(0);
  again.work();
  EXPECT_EQ(again.outgoing().take(2)->events.text, "new");
}

}  // namespace waltrack
