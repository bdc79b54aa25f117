#include "pipeline/capture.hpp"

#include <gtest/gtest.h>
#include <thread>

#include "pipeline/fakes.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

class CaptureTest : public testing::Test {
 protected:
  ~CaptureTest() override { finish(); }

  void start(Checkpoint from = {}, size_t memory_bytes = 1 << 20) {
    capture_.emplace(source_, mapper_, outbox_, from, memory_bytes,
                     CaptureHooks{.confirmed = [this] { return Lsn{confirmed_.load()}; },
                                  .queued_bytes = [this] { return queued_.load(); },
                                  .on_flushed = [] {}},
                     clock_);
    thread_ = std::jthread([this] { capture_->run(); });
  }
  void finish() {
    if (!thread_.joinable()) return;
    capture_->finish();
    thread_.join();
  }
  // All events that came so far, joined.
  std::string events() {
    while (auto batch = lanes_.take(0)) {
      if (!events_.empty()) events_.push_back(',');
      events_.append(batch->text);
    }
    return events_;
  }

  SystemClock clock_;
  FakeSource source_;
  FakeMapper mapper_;
  LaneQueues lanes_{1, {.bytes = 475'000, .events = 2500}};
  InflightLedger ledger_{Checkpoint{}};
  DeadLetterQueue dead_letters_;
  Outbox outbox_{lanes_, ledger_, dead_letters_};
  std::atomic<uint64_t> confirmed_ = 0;
  std::atomic<size_t> queued_ = 0;
  std::optional<Capture> capture_;
  std::jthread thread_;
  std::string events_;
};

}  // namespace

TEST_F(CaptureTest, AfterALostConnectionNothingIsTakenInTwice) {
  source_.add_transaction(Lsn{100}, Lsn{90}, {"a", "b"});
  source_.add_break();
  source_.add_transaction(Lsn{200}, Lsn{190}, {"c"});
  start();
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 3; }));
  EXPECT_EQ(events(), R"({"u":"a"},{"u":"b"},{"u":"c"})");
  EXPECT_EQ(source_.opened_at(), (std::vector<Lsn>{Lsn{}, Lsn{108}}));
}

TEST_F(CaptureTest, AConnectionLostInsideATransactionResumesBehindTheLastRow) {
  source_.add_transaction(Lsn{100}, Lsn{80}, {"a", "b", "c"}, 2);
  start();
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 3; }));
  EXPECT_EQ(events(), R"({"u":"a"},{"u":"b"},{"u":"c"})");
  EXPECT_EQ(source_.opened_at(), (std::vector<Lsn>{Lsn{}, Lsn{}}));
}

TEST_F(CaptureTest, AKeepaliveMovesThePositionBehindWhatCameBeforeIt) {
  source_.add_transaction(Lsn{100}, Lsn{90}, {"a"});
  source_.add_keepalive(Lsn{500});
  start();
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 1; }));
  EXPECT_EQ(ledger_.advance().checkpoint.lsn, Lsn{});
  ledger_.finish(std::vector<uint64_t>{0});
  ASSERT_TRUE(wait_until([&] { return ledger_.advance().checkpoint.lsn == Lsn{500}; }));
}

TEST_F(CaptureTest, ReadingStopsWhileTheQueuesAreFullAndReportsGoOn) {
  queued_ = 1 << 20;
  source_.add_transaction(Lsn{100}, Lsn{90}, {"a"});
  start();
  confirmed_ = 77;
  capture_->wake();
  ASSERT_TRUE(wait_until([&] { return source_.reported() == Lsn{77}; }));
  EXPECT_EQ(ledger_.unfinished(), 0u);
  queued_ = 0;
  capture_->wake();
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 1; }));
}

TEST_F(CaptureTest, ARestartInsideATransactionSkipsWhatIsSafe) {
  source_.add_transaction(Lsn{100}, Lsn{80}, {"a", "b", "c"});
  start(Checkpoint{Lsn{50}, EventPosition{.commit_lsn = Lsn{100},
                                          .kind = MessageKind::row,
                                          .lsn = Lsn{81},
                                          .table = "public.t",
                                          .ordinal = 0,
                                          .rule = "track/Row Seen"}});
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 1; }));
  EXPECT_EQ(events(), R"({"u":"c"})");
}

TEST_F(CaptureTest, ATransactionBeforeItDoesNotForgetWhatIsSafe) {
  source_.add_transaction(Lsn{100}, Lsn{80}, {"x"});
  source_.add_transaction(Lsn{200}, Lsn{180}, {"a", "b", "c"});
  start(Checkpoint{Lsn{50}, EventPosition{.commit_lsn = Lsn{200},
                                          .kind = MessageKind::row,
                                          .lsn = Lsn{181},
                                          .table = "public.t",
                                          .ordinal = 0,
                                          .rule = "track/Row Seen"}});
  ASSERT_TRUE(wait_until([&] { return source_.steps_read() == 8; }));
  finish();
  EXPECT_EQ(events(), R"({"u":"x"},{"u":"c"})");
}

// A message of no transaction is sent when the server's reading of the WAL passes its record, a
// transaction when it passes its commit record. So whatever was sent before the message committed
// before it, and whatever comes later commits behind it, however far back its rows stand: with a
// commit_lsn inside of its record and the record's end as its end, a message is one more
// transaction in commit order. All that compares commits (a resume, marks, the received position)
// holds.
TEST_F(CaptureTest, MessagesStandInTheOrderOfCommits) {
  source_.add_message(Lsn{104}, "m");
  source_.add_break();
  source_.add_transaction(Lsn{104}, Lsn{80}, {"a", "b"}, 1);  // its rows stand before the message
  source_.add_message(Lsn{200}, "n");
  source_.add_message(Lsn{256}, "o");
  source_.add_break();
  start();
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 5; }));
  ASSERT_TRUE(wait_until([&] { return source_.opened_at().size() == 4; }));
  EXPECT_EQ(source_.opened_at(), (std::vector<Lsn>{Lsn{}, Lsn{104}, Lsn{104}, Lsn{256}}));
  EXPECT_EQ(events(), R"({"u":"m"},{"u":"a"},{"u":"b"},{"u":"n"},{"u":"o"})");
  ledger_.finish(std::vector<uint64_t>{1, 2, 3});
  EXPECT_EQ(ledger_.advance().checkpoint, (Checkpoint{Lsn{}, std::nullopt}));
  ledger_.finish(std::vector<uint64_t>{0});
  EXPECT_EQ(ledger_.advance().checkpoint, (Checkpoint{Lsn{200}, std::nullopt}));
}

TEST_F(CaptureTest, AMessageThatWasSafeBeforeItsCheckpointIsSkipped) {
  source_.add_message(Lsn{104}, "m");
  source_.add_transaction(Lsn{104}, Lsn{80}, {"a"});
  source_.add_message(Lsn{200}, "n");
  start(Checkpoint{Lsn{50}, EventPosition{.commit_lsn = Lsn{103},
                                          .kind = MessageKind::message,
                                          .lsn = Lsn{104},
                                          .table = "message:shop",
                                          .ordinal = 0,
                                          .rule = "track/Message Seen"}});
  ASSERT_TRUE(wait_until([&] { return source_.steps_read() == 9; }));
  finish();
  EXPECT_EQ(events(), R"({"u":"a"},{"u":"n"})");
}

TEST_F(CaptureTest, AMessageBeforeATransactionDoesNotForgetWhatOfThatIsSafe) {
  source_.add_message(Lsn{104}, "m");
  source_.add_transaction(Lsn{200}, Lsn{80}, {"a", "b", "c"});
  source_.add_message(Lsn{216}, "n");
  start(Checkpoint{Lsn{50}, EventPosition{.commit_lsn = Lsn{200},
                                          .kind = MessageKind::row,
                                          .lsn = Lsn{81},
                                          .table = "public.t",
                                          .ordinal = 0,
                                          .rule = "track/Row Seen"}});
  ASSERT_TRUE(wait_until([&] { return source_.steps_read() == 11; }));
  finish();
  EXPECT_EQ(events(), R"({"u":"m"},{"u":"c"},{"u":"n"})");
}

TEST_F(CaptureTest, TheLastReportIsTheLastConfirmedPosition) {
  start();
  ASSERT_TRUE(wait_until([&] { return !source_.opened_at().empty(); }));
  capture_->stop_reading();
  ASSERT_TRUE(wait_until([&] { return capture_->has_stopped_reading(); }));
  confirmed_ = 4711;
  finish();
  EXPECT_EQ(source_.reported(), Lsn{4711});
}

TEST_F(CaptureTest, WhatReconnectingDoesNotMendEndsTheRun) {
  source_.add_fatal();
  Capture capture(source_, mapper_, outbox_, {}, 1 << 20,
                  {.confirmed = [] { return Lsn{}; },
                   .queued_bytes = [] { return size_t{0}; },
                   .on_flushed = [] {}},
                  clock_);
  EXPECT_THROW(capture.run(), Error);
}

}  // namespace waltrack
