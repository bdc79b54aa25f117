#include "pipeline/inflight_ledger.hpp"

#include <gtest/gtest.h>
#include <random>

namespace waltrack {
namespace {

class InflightLedgerTest : public testing::Test {
 protected:
  InflightLedgerTest() {
    rule_.table = "public.t";
    rule_.id = "track/Row Seen";
  }

  LedgerEntry event(uint64_t commit, uint64_t row, uint64_t mark_after = 0) {
    return {.rule = &rule_,
            .commit_lsn = Lsn{commit},
            .lsn = Lsn{row},
            .ordinal = 0,
            .op = Op::insert,
            .finished = false,
            .mark_after = Lsn{mark_after}};
  }
  void append(std::vector<LedgerEntry> events) { ledger_.append({}, events); }
  void finish(std::vector<uint64_t> sequences) { ledger_.finish(sequences); }

  Rule rule_;
  InflightLedger ledger_{Checkpoint{Lsn{100}, std::nullopt}};
};

}  // namespace

TEST_F(InflightLedgerTest, StartsAtTheCheckpointItWasGiven) {
  EXPECT_EQ(ledger_.advance().checkpoint, (Checkpoint{Lsn{100}, std::nullopt}));
}

TEST_F(InflightLedgerTest, OutOfOrderCompletionHoldsTheOldest) {
  append({event(200, 150, 208), event(300, 250, 308), event(400, 350, 408)});
  finish({1, 2});
  EXPECT_EQ(ledger_.advance().checkpoint.lsn, Lsn{100});
  finish({0});
  EXPECT_EQ(ledger_.advance().checkpoint, (Checkpoint{Lsn{408}, std::nullopt}));
}

TEST_F(InflightLedgerTest, InsideATransactionTheLastSafeEventIsRemembered) {
  append({event(900, 150), event(900, 160), event(900, 170)});
  finish({0, 1});
  const Checkpoint checkpoint = ledger_.advance().checkpoint;
  EXPECT_EQ(checkpoint.lsn, Lsn{100});
  ASSERT_TRUE(checkpoint.within);
  EXPECT_EQ(checkpoint.within->commit_lsn, Lsn{900});
  EXPECT_EQ(checkpoint.within->lsn, Lsn{160});
}

TEST_F(InflightLedgerTest, AMarkFromAnOlderPositionTakesNothingBack) {
  append({event(200, 150, 208)});
  ledger_.append(Lsn{120}, {});  // a new connection's keepalives begin further back
  finish({0});
  EXPECT_EQ(ledger_.advance().checkpoint, (Checkpoint{Lsn{208}, std::nullopt}));
}

TEST_F(InflightLedgerTest, TheEndOfATransactionForgetsThePlaceWithin) {
  append({event(900, 150)});
  finish({0});
  ASSERT_TRUE(ledger_.advance().checkpoint.within);
  ledger_.append(Lsn{908}, {});
  EXPECT_EQ(ledger_.advance().checkpoint, (Checkpoint{Lsn{908}, std::nullopt}));
}

TEST_F(InflightLedgerTest, AMessageIsPassedByTheEndOfItsRecord) {
  append({event(151, 152)});  // a message of no transaction, whose record ends at 152
  finish({0});
  ASSERT_TRUE(ledger_.advance().checkpoint.within);
  EXPECT_EQ(ledger_.advance().checkpoint.within->commit_lsn, Lsn{151});
  ledger_.append(Lsn{152}, {});
  EXPECT_EQ(ledger_.advance().checkpoint, (Checkpoint{Lsn{152}, std::nullopt}));
}

TEST_F(InflightLedgerTest, AMarkWaitsForTheEventsBeforeIt) {
  append({event(200, 150, 208)});
  ledger_.append(Lsn{5000}, {});  // a keepalive
  EXPECT_EQ(ledger_.advance().checkpoint.lsn, Lsn{100});
  finish({0});
  EXPECT_EQ(ledger_.advance().checkpoint.lsn, Lsn{5000});
}

TEST_F(InflightLedgerTest, AMarkWithNothingBeforeItMovesAtOnce) {
  ledger_.append(Lsn{5000}, {});
  EXPECT_EQ(ledger_.advance().checkpoint.lsn, Lsn{5000});
}

TEST_F(InflightLedgerTest, MarksBehindAHeldEventTakeNoRoom) {
  append({event(200, 150, 208)});
  const size_t before = ledger_.bytes();
  for (uint64_t i = 0; i < 1000; ++i)
    ledger_.append(Lsn{300 + i}, {});
  EXPECT_EQ(ledger_.bytes(), before);
}

TEST_F(InflightLedgerTest, APositionNeverGoesBack) {
  ledger_.append(Lsn{5000}, {});
  ledger_.append(Lsn{4000}, {});
  EXPECT_EQ(ledger_.advance().checkpoint.lsn, Lsn{5000});
}

TEST_F(InflightLedgerTest, APlaceWithinFromAnEarlierRunStaysUntilItsTransactionIsPassed) {
  const EventPosition within = {.commit_lsn = Lsn{900},
                                .kind = MessageKind::row,
                                .lsn = Lsn{160},
                                .table = "public.t",
                                .ordinal = 0,
                                .rule = "identify"};
  InflightLedger ledger(Checkpoint{Lsn{100}, within});
  ledger.append(Lsn{200}, {});
  EXPECT_EQ(ledger.advance().checkpoint, (Checkpoint{Lsn{200}, within}));
  ledger.append(Lsn{908}, {});
  EXPECT_EQ(ledger.advance().checkpoint, (Checkpoint{Lsn{908}, std::nullopt}));
}

TEST_F(InflightLedgerTest, FinishingTwiceCountsOnce) {
  append({event(200, 150), event(200, 151)});
  finish({0});
  finish({0});
  EXPECT_EQ(ledger_.unfinished(), 1u);
}

TEST_F(InflightLedgerTest, WhomFinishedEventsNamedIsToldOnce) {
  std::vector<LedgerEntry> entries = {event(200, 150), event(200, 151), event(200, 152)};
  entries[0].users = {{7}};
  entries[1].users = {{8, 9}};  // the third was never sent
  append(entries);
  std::vector<EventUsers> users;
  finish({2, 1});
  ledger_.take_finished(users);
  EXPECT_EQ(users, (std::vector<EventUsers>{{{8, 9}}}));
  ledger_.accept(std::vector<uint64_t>{0, 1});
  ledger_.take_finished(users);
  EXPECT_EQ(users, (std::vector<EventUsers>{{{7}}}));
  ledger_.take_finished(users);
  EXPECT_TRUE(users.empty());
}

// Any order of completion, through growth of the ring: the checkpoint is always the end of the last
// transaction before the oldest unfinished event.
TEST_F(InflightLedgerTest, RandomCompletionNeverPassesAnUnfinishedEvent) {
  std::mt19937 random(42);
  constexpr uint64_t kEvents = 5000;
  std::vector<uint64_t> open;
  std::vector<bool> done(kEvents, false);
  uint64_t appended = 0;
  while (appended < kEvents || !open.empty()) {
    if (appended < kEvents && (open.empty() || random() % 2 == 0)) {
      const uint64_t commit = 1000 + appended * 10;
      append({event(commit, commit - 5, commit + 8)});
      open.push_back(appended++);
    } else {
      std::swap(open[random() % open.size()], open.back());
      done[open.back()] = true;
      finish({open.back()});
      open.pop_back();
    }
    uint64_t oldest = 0;
    while (oldest < appended && done[oldest])
      ++oldest;
    const Lsn expected = oldest == 0 ? Lsn{100} : Lsn{1000 + (oldest - 1) * 10 + 8};
    ASSERT_EQ(ledger_.advance().checkpoint.lsn, expected);
  }
  EXPECT_TRUE(ledger_.is_idle());
}

TEST_F(InflightLedgerTest, AStepIsPassedWithTheEventsBeforeIt) {
  BackfillStep step;
  step.request = 7;
  ledger_.append({}, std::vector{event(200, 150), event(200, 151, 208)}, {{1, step}});
  EXPECT_GT(ledger_.bytes(), 0u);
  finish({1});
  EXPECT_TRUE(ledger_.advance().steps.empty());
  finish({0});
  const InflightLedger::Progress progress = ledger_.advance();
  ASSERT_EQ(progress.steps.size(), 1u);
  EXPECT_EQ(progress.steps[0].request, 7);
  EXPECT_TRUE(ledger_.advance().steps.empty());
  EXPECT_EQ(ledger_.bytes(), 0u);
}

TEST_F(InflightLedgerTest, AStepWithoutEventsIsPassedAtOnceWithItsMark) {
  ledger_.append(Lsn{300}, {}, {{0, BackfillStep{}}});
  const InflightLedger::Progress progress = ledger_.advance();
  EXPECT_EQ(progress.steps.size(), 1u);
  EXPECT_EQ(progress.checkpoint.lsn, Lsn{300});
}

TEST_F(InflightLedgerTest, ABackfilledRowHoldsThePositionAndIsNeverOne) {
  LedgerEntry row = event(0, 0);
  row.op = Op::backfill;
  append({event(200, 150), row, event(200, 151, 208)});
  finish({0, 2});
  EXPECT_EQ(ledger_.advance().checkpoint.lsn, Lsn{100});
  finish({1});
  append({event(300, 250), row});
  finish({3, 4});
  const Checkpoint checkpoint = ledger_.advance().checkpoint;
  EXPECT_EQ(checkpoint.lsn, Lsn{208});
  EXPECT_EQ(checkpoint.within->lsn, Lsn{250});
}

}  // namespace waltrack
