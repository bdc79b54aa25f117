#include "pipeline/capture.hpp"

#include <gtest/gtest.h>
#include <thread>

#include "pipeline/fakes.hpp"
#include "pipeline/source_status.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

class CaptureTest : public testing::Test {
 protected:
  ~CaptureTest() override { finish(); }

  void start(Checkpoint from = {}, size_t memory_bytes = 1 << 20) {
    capture_.emplace(source_, fake_mappings(), outbox_, from, memory_bytes, hooks(), clock_);
    thread_ = std::jthread([this] { capture_->run(); });
  }
  CaptureHooks hooks() {
    return {.confirmed = [this] { return Lsn{confirmed_.load()}; },
            .queued_bytes = [this] { return queued_.load(); },
            .on_flushed = [] {},
            .hurry = [this](bool on) { hurried_ = on; },
            .on_waiting =
                [this](std::string why) {
                  in_transaction_ = why.find("transaction") != std::string::npos;
                  ++waited_;
                },
            .on_mappings = [this](const MappingSet& set) { mappings_.set_live(set); },
            .on_streaming =
                [this](const StreamOrigin& origin) { source_status_.set_streaming(origin); },
            .on_ended = [this](const std::string& why) { source_status_.set_problem(why); }};
  }
  std::string live() const { return mappings_.state().live.set.fingerprint; }
  // Everything that has come so far is delivered and confirmed.
  void settle(Lsn end) {
    std::vector<uint64_t> all;
    for (uint64_t i = finished_; i < finished_ + ledger_.unfinished(); ++i)
      all.push_back(i);
    finished_ += all.size();
    ledger_.finish(all);
    ledger_.advance();
    confirmed_ = end.value;
    capture_->wake();
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
      events_.append(batch->events.text);
    }
    return events_;
  }

  SystemClock clock_;
  FakeSource source_;
  LaneQueues lanes_{1, {.bytes = 475'000, .events = 2500}};
  InflightLedger ledger_{Checkpoint{}};
  DeadLetterQueue dead_letters_;
  SourceStatus source_status_{clock_};
  MappingStatus mappings_{clock_};
  Outbox outbox_{lanes_, ledger_, dead_letters_, mappings_};
  std::atomic<uint64_t> confirmed_ = 0;
  std::atomic<size_t> queued_ = 0;
  std::atomic<bool> hurried_ = false;
  std::atomic<bool> in_transaction_ = false;  // the reason for which an offer waits
  std::atomic<int> waited_ = 0;
  uint64_t finished_ = 0;
  std::optional<Capture> capture_;
  std::jthread thread_;
  std::string events_;
};

}  // namespace

TEST_F(CaptureTest, AfterManyItemsItRestsForAMomentAndThenListens) {
  source_.add_transaction(Lsn{900}, Lsn{10}, {"1", "2", "3", "4", "5", "6"});
  start();
  ASSERT_TRUE(wait_until([&] { return source_.waits().size() >= 2; }));
  EXPECT_EQ(source_.waits()[0], (FakeSource::Wait{2ms, false}));
  EXPECT_EQ(source_.waits()[1], (FakeSource::Wait{1000ms, true}));
}

TEST_F(CaptureTest, AfterAFewItListensAtOnce) {
  source_.add_transaction(Lsn{900}, Lsn{10}, {"1"});
  start();
  ASSERT_TRUE(wait_until([&] { return !source_.waits().empty(); }));
  EXPECT_EQ(source_.waits()[0], (FakeSource::Wait{1000ms, true}));
}

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
  Capture capture(source_, fake_mappings(), outbox_, {}, 1 << 20, hooks(), clock_);
  EXPECT_THROW(capture.run(), Error);
}

TEST_F(CaptureTest, OfferedMappingsWaitUntilAllBeforeIsConfirmed) {
  source_.add_transaction(Lsn{100}, Lsn{90}, {"a"});
  start();
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 1; }));
  capture_->offer(fake_mappings("new"));
  ASSERT_TRUE(wait_until([&] { return waited_ > 0; }));
  EXPECT_TRUE(hurried_);
  source_.add_transaction(Lsn{200}, Lsn{190}, {"b"});
  confirmed_ = 107;  // the transaction ends at 108
  capture_->wake();
  ASSERT_TRUE(wait_until([&] { return source_.reported() == Lsn{107}; }));
  EXPECT_EQ(events(), R"({"u":"a"})");
  EXPECT_EQ(live(), "");
  settle(Lsn{108});
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 1; }));
  EXPECT_EQ(events(), R"({"u":"a"},{"u":"b","m":"new"})");
  EXPECT_EQ(live(), "new");
  EXPECT_FALSE(hurried_);
  EXPECT_EQ(source_.opened_at(), (std::vector<Lsn>{Lsn{}}));
}

TEST_F(CaptureTest, ATransactionIsMappedByOneSet) {
  source_.add_begin(Lsn{100});
  source_.add_row(Lsn{100}, Lsn{90}, "a");
  start();
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 1; }));
  settle(Lsn{});
  capture_->offer(fake_mappings("new"));
  ASSERT_TRUE(wait_until([&] { return in_transaction_.load(); }));
  source_.add_row(Lsn{100}, Lsn{91}, "b");
  source_.add_commit(Lsn{100});
  source_.add_transaction(Lsn{200}, Lsn{190}, {"c"});
  ASSERT_TRUE(wait_until([&] { return !in_transaction_ && ledger_.unfinished() == 1; }));
  settle(Lsn{108});
  ASSERT_TRUE(wait_until([&] { return live() == "new" && ledger_.unfinished() == 1; }));
  EXPECT_EQ(events(), R"({"u":"a"},{"u":"b"},{"u":"c","m":"new"})");
}

TEST_F(CaptureTest, TheNewestOfferWins) {
  source_.add_transaction(Lsn{100}, Lsn{90}, {"a"});
  start();
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 1; }));
  capture_->offer(fake_mappings("second"));
  capture_->offer(fake_mappings("third"));
  settle(Lsn{108});
  ASSERT_TRUE(wait_until([&] { return live() == "third"; }));
  EXPECT_EQ(source_.followed().size(), 1u);
}

TEST_F(CaptureTest, WhatASourceMustBeOpenedForIsReadFromWhereItStood) {
  source_.reconnect_to_follow();
  source_.add_transaction(Lsn{100}, Lsn{90}, {"a"});
  start();
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 1; }));
  capture_->offer(fake_mappings("new"));
  settle(Lsn{108});
  source_.add_transaction(Lsn{200}, Lsn{190}, {"b"});
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 1; }));
  EXPECT_EQ(source_.opened_at(), (std::vector<Lsn>{Lsn{}, Lsn{108}}));
  EXPECT_EQ(events(), R"({"u":"a"},{"u":"b","m":"new"})");
}

TEST_F(CaptureTest, AnOfferWaitsForTheRestOfATransactionThatALostConnectionCut) {
  source_.add_transaction(Lsn{100}, Lsn{80}, {"a", "b"}, 1);
  queued_ = 1 << 20;
  start();
  capture_->offer(fake_mappings("early"));  // nothing was read yet
  ASSERT_TRUE(wait_until([&] { return live() == "early"; }));
  source_.hold_breaks();
  queued_ = 0;
  capture_->wake();
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 1; }));
  settle(Lsn{});
  capture_->offer(fake_mappings("new"));
  source_.release_breaks();
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 1; }));
  settle(Lsn{108});
  ASSERT_TRUE(wait_until([&] { return live() == "new"; }));
  EXPECT_EQ(events(), R"({"u":"a","m":"early"},{"u":"b","m":"early"})");
}

TEST_F(CaptureTest, AStopDoesNotWaitForAnOffer) {
  source_.add_transaction(Lsn{100}, Lsn{90}, {"a"});
  start();
  ASSERT_TRUE(wait_until([&] { return ledger_.unfinished() == 1; }));
  capture_->offer(fake_mappings("new"));
  ASSERT_TRUE(wait_until([&] { return waited_ > 0; }));
  finish();
  EXPECT_EQ(live(), "");
}

}  // namespace waltrack
