#include "pipeline/checkpointer.hpp"

#include <gtest/gtest.h>
#include <thread>

#include "pipeline/fakes.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

class CheckpointerTest : public testing::Test {
 protected:
  CheckpointerTest() {
    rule_.table = "public.t";
    rule_.id = "identify";
  }

  void append(Lsn commit, Lsn end) {
    const LedgerEntry entry{.rule = &rule_,
                            .commit_lsn = commit,
                            .lsn = commit,
                            .ordinal = 0,
                            .op = Op::insert,
                            .finished = false,
                            .mark_after = end};
    ledger_.append({}, {&entry, 1});
  }

  Rule rule_;
  SystemClock clock_;
  DeliveryCondition condition_;
  MappingStatus mappings_{clock_};
  SourceStatus source_{clock_};
  InflightLedger ledger_{Checkpoint{Lsn{100}, std::nullopt}};
  DeadLetterQueue dead_letters_;
  FakeStore store_;
  BackfillExchange backfills_;
  Checkpointer checkpointer_{
      ledger_,   dead_letters_, store_,     condition_,
      mappings_, source_,       backfills_, Checkpoint{Lsn{100}, std::nullopt},
      [] {}};
};

}  // namespace

TEST_F(CheckpointerTest, ConfirmsOnlyWhatIsStored) {
  append(Lsn{200}, Lsn{208});
  std::jthread thread([&] { checkpointer_.run(); });
  checkpointer_.wake();
  EXPECT_EQ(checkpointer_.confirmed(), Lsn{100});
  ledger_.finish(std::vector<uint64_t>{0});
  checkpointer_.wake();
  ASSERT_TRUE(wait_until([&] { return checkpointer_.confirmed() == Lsn{208}; }));
  EXPECT_EQ(store_.checkpoint().lsn, Lsn{208});
  checkpointer_.stop();
}

TEST_F(CheckpointerTest, AStoreThatFailsConfirmsNothing) {
  append(Lsn{200}, Lsn{208});
  ledger_.finish(std::vector<uint64_t>{0});
  store_.fail_from_now_on();
  checkpointer_.stop();
  EXPECT_THROW(checkpointer_.run(), Error);
  EXPECT_EQ(checkpointer_.confirmed(), Lsn{100});
}

TEST_F(CheckpointerTest, ADeadLetterIsStoredBeforeItsPositionMoves) {
  append(Lsn{200}, Lsn{208});
  DeadLetter letter;
  letter.reason = "no_user";
  dead_letters_.push({{0, letter}});
  checkpointer_.stop();
  checkpointer_.run();
  EXPECT_EQ(store_.dead_letters().size(), 1u);
  EXPECT_EQ(checkpointer_.confirmed(), Lsn{208});
  EXPECT_EQ(checkpointer_.dead_letter_count(), 1u);
}

TEST_F(CheckpointerTest, ADeadLetterThatCannotBeStoredHoldsThePosition) {
  append(Lsn{200}, Lsn{208});
  dead_letters_.push({{0, DeadLetter{}}});
  store_.fail_from_now_on();
  checkpointer_.stop();
  EXPECT_THROW(checkpointer_.run(), Error);
  EXPECT_EQ(checkpointer_.confirmed(), Lsn{100});
}

TEST_F(CheckpointerTest, ThePlaceInsideATransactionIsStored) {
  append(Lsn{900}, {});
  append(Lsn{900}, Lsn{908});
  ledger_.finish(std::vector<uint64_t>{0});
  checkpointer_.stop();
  checkpointer_.run();
  ASSERT_TRUE(store_.checkpoint().within);
  EXPECT_EQ(store_.checkpoint().within->commit_lsn, Lsn{900});
  EXPECT_EQ(checkpointer_.confirmed(), Lsn{100});
}

TEST_F(CheckpointerTest, AHurriedPositionIsStoredAtOnce) {
  std::jthread thread([&] { checkpointer_.run(); });
  checkpointer_.hurry(true);
  // One after the other; at a position a second they would outlast the limit of the wait.
  constexpr uint64_t kLast = 1040;
  uint64_t lsn = 1000;
  EXPECT_TRUE(wait_until([&] {
    if (lsn > 1000 && checkpointer_.confirmed() != Lsn{lsn}) return false;
    if (lsn == kLast) return true;
    ledger_.append(Lsn{++lsn}, {});
    checkpointer_.wake();
    return false;
  }));
  checkpointer_.stop();
}

TEST_F(CheckpointerTest, TheMappingsStateReachesTheStore) {
  mappings_.set_invalid({"a.yaml:1:1: error: no"});
  checkpointer_.stop();
  checkpointer_.run();
  EXPECT_EQ(store_.mappings(), mappings_.state());
}

TEST_F(CheckpointerTest, TheSourcesStateReachesTheStore) {
  source_.set_problem("the server went away");
  checkpointer_.stop();
  checkpointer_.run();
  EXPECT_EQ(store_.source(), source_.state());
  EXPECT_EQ(store_.source().problem, "the server went away");
}

TEST_F(CheckpointerTest, TheConditionReachesTheStore) {
  condition_.set(false, "held: HTTP 401", "held: HTTP 401");
  checkpointer_.stop();
  checkpointer_.run();
  EXPECT_EQ(store_.conditions(), (std::vector<std::string>{"held: HTTP 401"}));
}

}  // namespace waltrack
