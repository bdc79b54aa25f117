#include "pipeline/checkpointer.hpp"

#include <chrono>
#include <exception>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <utility>

#include "pipeline/fakes.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

// Its thread, which ends with it, also when a test fails.
class Running {
 public:
  explicit Running(Checkpointer& checkpointer)
      : checkpointer_(checkpointer), thread_([&checkpointer] { checkpointer.run(); }) {}
  ~Running() { checkpointer_.stop(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Checkpointer& checkpointer_;
  std::jthread thread_;
};

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

  static DeadLetter letter(std::string detail) {
    DeadLetter letter;
    letter.reason = "refused";
    letter.detail = std::move(detail);
    return letter;
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
  const Running running(checkpointer_);
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
  const Running running(checkpointer_);
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

TEST_F(CheckpointerTest, WithoutSpaceNothingIsConfirmedAndAllIsStoredWhenThereIsSome) {
  store_.set_full(true);
  append(Lsn{200}, Lsn{208});
  append(Lsn{300}, Lsn{308});
  dead_letters_.push({{0, letter("first")}});
  BackfillStep step;
  step.table = {"public", "t"};
  ledger_.append({}, {}, {{1, step}});
  const Running running(checkpointer_);
  checkpointer_.wake();
  ASSERT_TRUE(wait_until([&] { return store_.refused_saves() > 0; }));
  // Also what finishes while it waits.
  dead_letters_.push({{1, letter("second")}});
  checkpointer_.wake();
  ASSERT_TRUE(wait_until([&] { return store_.refused_saves() > 1; }));
  EXPECT_EQ(checkpointer_.confirmed(), Lsn{100});
  EXPECT_EQ(checkpointer_.dead_letter_count(), 0u);
  EXPECT_EQ(backfills_.saved_steps(), 0u);
  EXPECT_GT(checkpointer_.bytes(), 0u) << "what it keeps counts";
  EXPECT_FALSE(condition_.is_flowing());
  EXPECT_EQ(condition_.text(), "held: no space (make some)");

  store_.set_full(false);
  ASSERT_TRUE(wait_until([&] { return checkpointer_.confirmed() == Lsn{308}; }));
  ASSERT_EQ(store_.dead_letters().size(), 2u) << "each once";
  EXPECT_EQ(store_.dead_letters()[0].detail, "first");
  EXPECT_EQ(store_.dead_letters()[1].detail, "second");
  EXPECT_EQ(store_.steps().size(), 1u);
  EXPECT_EQ(backfills_.saved_steps(), 1u);
  EXPECT_TRUE(wait_until([&] { return condition_.is_flowing(); }));
  EXPECT_EQ(checkpointer_.bytes(), 0u);
  checkpointer_.stop();
}

TEST_F(CheckpointerTest, AStopWithoutSpaceEndsWithTheReason) {
  // Longer than a test may take: a stop does not wait for the next try.
  checkpointer_.retry_within(std::chrono::hours(1), std::chrono::hours(1));
  store_.set_full(true);
  append(Lsn{200}, Lsn{208});
  ledger_.finish(std::vector<uint64_t>{0});
  std::exception_ptr failure;
  std::jthread thread([&] {
    try {
      checkpointer_.run();
    } catch (...) {
      failure = std::current_exception();
    }
  });
  checkpointer_.wake();
  ASSERT_TRUE(wait_until([&] { return store_.refused_saves() > 0; }));
  checkpointer_.stop();
  thread.join();
  ASSERT_TRUE(failure);
  EXPECT_THROW(std::rethrow_exception(failure), Error);
  EXPECT_EQ(checkpointer_.confirmed(), Lsn{100});
}

TEST_F(CheckpointerTest, ADeadLetterBeyondTheCapHoldsThePositionUntilThereIsRoom) {
  store_.set_dead_letter_room(1);
  append(Lsn{200}, Lsn{208});
  append(Lsn{300}, Lsn{308});
  append(Lsn{400}, Lsn{408});
  dead_letters_.push({{0, letter("first")}, {1, letter("second")}});
  ledger_.finish(std::vector<uint64_t>{2});
  const Running running(checkpointer_);
  checkpointer_.wake();
  ASSERT_TRUE(wait_until([&] { return checkpointer_.confirmed() == Lsn{208}; }));
  ASSERT_TRUE(wait_until([&] { return !condition_.is_flowing(); }));
  EXPECT_TRUE(
      condition_.text().starts_with("held: 3 dead letters are kept, which is "
                                    "dead_letters.max"))
      << condition_.text();
  EXPECT_TRUE(wait_until([&] {
    return !store_.conditions().empty() && store_.conditions().back() == condition_.text();
  }));
  EXPECT_EQ(store_.dead_letters().size(), 1u);
  EXPECT_GT(checkpointer_.bytes(), 0u);

  // Nobody wakes it: it looks by itself.
  store_.set_dead_letter_room(1);
  ASSERT_TRUE(wait_until([&] { return checkpointer_.confirmed() == Lsn{408}; }));
  EXPECT_EQ(store_.dead_letters().size(), 2u);
  EXPECT_TRUE(wait_until([&] { return store_.conditions().back() == "delivering"; }));
  checkpointer_.stop();
}

TEST_F(CheckpointerTest, TheStoresTroubleStandsBeforeTheReceivers) {
  condition_.set(false, "retrying: HTTP 503", "retrying: HTTP 503");
  condition_.set_store_trouble("held: no space");
  EXPECT_EQ(condition_.text(), "held: no space; retrying: HTTP 503");
  condition_.set(true, "delivering", "delivering");
  EXPECT_EQ(condition_.text(), "held: no space");
  EXPECT_FALSE(condition_.is_flowing());
  condition_.set_store_trouble({});
  EXPECT_TRUE(condition_.is_flowing());
}

TEST_F(CheckpointerTest, TheConditionReachesTheStore) {
  condition_.set(false, "held: HTTP 401", "held: HTTP 401");
  checkpointer_.stop();
  checkpointer_.run();
  EXPECT_EQ(store_.conditions(), (std::vector<std::string>{"held: HTTP 401"}));
}

}  // namespace waltrack
