#include "pipeline/run_figures.hpp"

#include <gtest/gtest.h>

#include "pipeline/fakes.hpp"
#include "pipeline/run_board.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

Outcome outcome(Outcome::Verdict verdict, std::string answer) {
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.answer = std::move(answer);
  return outcome;
}

// What a source is asked by those who gather.
class ToldPosition final : public ChangeSource {
 public:
  void open(Lsn) override {}
  void close() override {}
  Lsn server_position() const override { return position; }
  bool next(StreamItem&) override { return false; }
  void wait(int, std::chrono::milliseconds, bool) override {}
  void report(Lsn, bool) override {}
  void ask_position(Lsn) override {}
  bool follow(const Followed&) override { return false; }
  bool server_is_stopping() override { return false; }

  Lsn position;
};

class RunFiguresTest : public testing::Test {
 protected:
  RunFigures gather(Lsn checkpoint) {
    return gather_figures({.clock = clock_,
                           .source = source_,
                           .source_status = status_,
                           .condition = condition_,
                           .lanes = lanes_,
                           .ledger = ledger_,
                           .dead_letters = dead_letters_,
                           .backfills = backfills_,
                           .rules = rules_,
                           .requests = requests_,
                           .stages = stages_,
                           .memory_bytes = 1000},
                          checkpoint);
  }
  void add_event(int64_t commit_time_us, Op op = Op::insert) {
    LedgerEntry entry;
    entry.rule = &rule_;
    entry.op = op;
    entry.commit_time_us = commit_time_us;
    ledger_.append({}, {&entry, 1});
  }

  Rule rule_;
  FakeClock clock_;  // UTC stands at 0
  ToldPosition source_;
  SourceStatus status_{clock_};
  DeliveryCondition condition_;
  LaneQueues lanes_{1, {.bytes = 475'000, .events = 2500}};
  InflightLedger ledger_{Checkpoint{}};
  DeadLetterQueue dead_letters_;
  BackfillExchange backfills_;
  RuleCounts rules_;
  RequestFigures requests_;
  StageWatch stages_{clock_};
};

}  // namespace

TEST_F(RunFiguresTest, LagIsToTheNewestPositionThatAnybodyTold) {
  EXPECT_FALSE(gather(Lsn{100}).lag_bytes);
  source_.position = Lsn{150};
  EXPECT_EQ(gather(Lsn{100}).lag_bytes, 50u);
  SourceReading reading;
  reading.position = Lsn{170};
  reading.restart = Lsn{70};
  status_.set_reading(reading);
  const RunFigures figures = gather(Lsn{100});
  EXPECT_EQ(figures.lag_bytes, 70u);
  EXPECT_EQ(figures.retained_wal_bytes, 100u);
  EXPECT_FALSE(figures.slot_headroom_bytes);
  source_.position = Lsn{180};
  EXPECT_EQ(gather(Lsn{100}).lag_bytes, 80u);
  EXPECT_EQ(gather(Lsn{200}).lag_bytes, 0u);  // the look is ten seconds old, perhaps
}

TEST_F(RunFiguresTest, LagInSecondsIsTheAgeOfTheOldestCommitOfTheStream) {
  EXPECT_EQ(gather({}).lag_s, 0);
  add_event(-90'000'000, Op::backfill);
  add_event(-7'000'000);
  add_event(-3'000'000);
  EXPECT_DOUBLE_EQ(gather({}).lag_s, 7);
  ledger_.accept(std::vector<uint64_t>{0, 1});
  ledger_.advance();
  EXPECT_DOUBLE_EQ(gather({}).lag_s, 3);
  ledger_.accept(std::vector<uint64_t>{2});
  ledger_.advance();
  EXPECT_EQ(gather({}).lag_s, 0);
  EXPECT_EQ(gather({}).ledger_entries, 0u);
}

TEST_F(RunFiguresTest, DeliveryIsToldWithoutWhatTheReceiverSaid) {
  condition_.set(false, "held: HTTP 401: bad user 7 (check the key)",
                 "held: HTTP 401 (check the key)");
  EXPECT_EQ(gather({}).delivery, "held: HTTP 401 (check the key)");
  EXPECT_FALSE(gather({}).flowing);
}

TEST_F(RunFiguresTest, RequestsAreCountedByResultAndTime) {
  requests_.finished(outcome(Outcome::Verdict::accepted, "200"), 5ms);
  requests_.finished(outcome(Outcome::Verdict::accepted, "200"), 6ms);
  requests_.finished(outcome(Outcome::Verdict::retry, "timeout"), 45s);
  const RunFigures figures = gather({});
  EXPECT_EQ(figures.requests,
            (std::vector<RequestCount>{{"accepted", "200", 2}, {"retry", "timeout", 1}}));
  EXPECT_EQ(figures.request_times.counts.front(), 1u);  // a bound belongs to what is below it
  EXPECT_EQ(figures.request_times.counts[1], 1u);
  EXPECT_EQ(figures.request_times.counts.back(), 1u);
  EXPECT_DOUBLE_EQ(figures.request_times.sum_s, 45.011);
}

TEST_F(RunFiguresTest, AReceiverThatMakesUpAnswersFillsNoMemory) {
  for (int status = 0; status < 10'000; ++status)
    requests_.finished(outcome(Outcome::Verdict::hold, std::to_string(status)), 1ms);
  EXPECT_LE(requests_.counts().size(), 101u);
  uint64_t sum = 0;
  for (const RequestCount& one : requests_.counts())
    sum += one.count;
  EXPECT_EQ(sum, 10'000u);
}

TEST_F(RunFiguresTest, AnIdleRunTellsTheSameAgain) {
  stages_.add("state").turn();
  source_.position = Lsn{100};
  const RunFigures before = gather({});
  source_.position = Lsn{200};
  clock_.pass(10s);
  EXPECT_TRUE(tell_the_same(before, gather({})));
  rules_.know("public.t", "identify");
  EXPECT_FALSE(tell_the_same(before, gather({})));
}

TEST(RunBoard, TellsWhatItWaitsForBeforeAndThatItStopsAfter) {
  FakeClock clock;
  RunBoard board(clock);
  EXPECT_FALSE(board.figures().streaming);
  EXPECT_EQ(board.figures().problem, "starting");
  board.set_waiting("the server is away");
  EXPECT_EQ(board.figures().problem, "the server is away");
  RunFigures told;
  told.streaming = true;
  told.rows = 1;
  board.attach([&] { return told; });
  told.rows = 7;
  EXPECT_TRUE(board.figures().streaming);
  EXPECT_EQ(board.figures().rows, 7u);
  EXPECT_EQ(board.figures().version, WALTRACK_VERSION);
  board.detach();
  told.rows = 8;
  EXPECT_EQ(board.figures().rows, 7u);
  EXPECT_FALSE(board.figures().streaming);
  EXPECT_EQ(board.figures().problem, "stopping");
}

}  // namespace waltrack
