#include "pipeline/spooler.hpp"

#include <gtest/gtest.h>

#include "pipeline/fake_spool.hpp"
#include "pipeline/fakes.hpp"
#include "pipeline/lane_batches.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr BatchLimits kLimits{.bytes = 1000, .events = 100};
constexpr EventUsers kAda{{2}};  // in lane 0 of two
constexpr EventUsers kBob{{1}};
constexpr EventUsers kBoth{{2, 1}};

class SpoolerTest : public testing::Test {
 protected:
  SpoolerTest() {
    rule_.table = "public.t";
    rule_.id = "identify";
    spooler_.emplace(settings(), incoming_, ledger_, dead_letters_, kLimits, clock_);
  }

  SpoolSettings settings() { return {.store = &store_, .after = 1s}; }

  // An event of these users, as capture brings it.
  void bring(const EventUsers& users) {
    const LedgerEntry entry{.rule = &rule_,
                            .commit_lsn = Lsn{900},
                            .lsn = Lsn{sequence_ + 1},
                            .op = Op::update,
                            .mark_after = Lsn{sequence_ + 1},
                            .commit_time_us = 77,
                            .users = users};
    ledger_.append({}, {&entry, 1});
    LaneBatches fresh(incoming_);
    fresh.add(LaneSet{1} << users.digests[0] % incoming_.lanes(), sequence_,
              "e" + std::to_string(sequence_));
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
  bring(kAda);
  bring(kBob);
  spooler_->begin({});
  EXPECT_EQ(ledger_.unfinished(), 2u);
  EXPECT_TRUE(spooler_->work());
  EXPECT_TRUE(ledger_.is_idle());
  EXPECT_EQ(store_.syncs, 1u);
  EXPECT_TRUE(store_.holds("e0"));
  EXPECT_EQ(spooler_->figure().events, 2u);
  EXPECT_EQ(incoming_.bytes(), 0u);
}

TEST_F(SpoolerTest, EventsComeBackByUserAndFencesWithThem) {
  bring(kAda);
  bring(kBob);
  bring(kBoth);
  bring(kBob);
  spooler_->begin({});
  spooler_->work();
  EXPECT_EQ(take(0), "e0");
  finish(0);
  EXPECT_EQ(take(0), "") << "Bob's is before it";
  EXPECT_EQ(take(1), "e1");
  finish(1);
  EXPECT_EQ(take(1), "") << "he is with her from now on";
  EXPECT_EQ(take(0), "e2");
  finish(0);
  EXPECT_EQ(take(0), "e3");
  finish(0);
  EXPECT_FALSE(spooler_->end()) << "it is not released yet";
  EXPECT_TRUE(spooler_->work());
  EXPECT_TRUE(store_.empty());
  EXPECT_TRUE(spooler_->end());
  EXPECT_FALSE(spooler_->in_use());
  bring(kBob);
  spooler_->begin({});
  spooler_->work();
  EXPECT_EQ(take(1), "e4") << "nothing of his was on its way";
}

TEST_F(SpoolerTest, WhatDeliveryGivesBackGoesFirst) {
  bring(kAda);
  bring(kBob);
  LaneQueues::Taken taken = *incoming_.take(0);
  bring(kAda);
  std::vector<LaneWork::Piece> work;
  work.push_back({std::move(taken.events), taken.lanes});
  spooler_->begin(std::move(work));
  spooler_->work();
  EXPECT_EQ(take(0), "e0,e2");
  EXPECT_EQ(take(1), "e1");
}

TEST_F(SpoolerTest, WithoutRoomEventsWaitUnfinishedAndGoInLater) {
  bring(kAda);
  spooler_->begin({});
  spooler_->work();
  for (int i = 0; i < 40; ++i)
    bring(kAda);
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
  bring(kAda);
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
  bring(kAda);
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
    bring(kAda);
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
  bring(kAda);
  spooler_->begin({});
  spooler_->work();
  store_.reopen();
  LaneQueues fewer(1, kLimits);
  Spooler again(settings(), fewer, ledger_, dead_letters_, kLimits, clock_);
  EXPECT_TRUE(again.in_use());
  again.work();
  EXPECT_EQ(again.outgoing().take(0)->events.text, "e0");
}

TEST_F(SpoolerTest, WithAnotherNumberOfLanesOneUsersEventsStayInOrder) {
  bring(kBoth);
  bring(kBob);
  spooler_->begin({});
  spooler_->work();
  store_.reopen();
  LaneQueues more(3, kLimits);
  Spooler again(settings(), more, ledger_, dead_letters_, kLimits, clock_);
  again.work();
  EXPECT_FALSE(again.outgoing().take(0));
  EXPECT_FALSE(again.outgoing().take(1)) << "where Bob would be without her";
  EXPECT_EQ(again.outgoing().take(2)->events.text, "e0,e1");
}

}  // namespace waltrack
