#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr auto kStopLimit = 10s;
constexpr ExitStatus kFine{0, 0};

}  // namespace

class Stop : public testing::Test {
 protected:
  void SetUp() override {
    run_.start();
    ASSERT_TRUE(run_.wait_until_streaming());
  }

  static RunSettings settings() {
    RunSettings settings;
    settings.mappings = Notes::kMapping;
    settings.lanes = 2;
    return settings;
  }

  void expect_all_arrives() {
    EXPECT_TRUE(receiver_.wait_for_known(notes_.count()));
    EXPECT_TRUE(run_.wait_until_confirmed(current_wal(server_)));
    EXPECT_TRUE(run_.running());
    EXPECT_EQ(receiver_.stats().at("conflicting"), 0);
    EXPECT_EQ(notes_.expected().difference(lists_of(receiver_.events())), "");
  }

  PostgresServer server_;
  Notes notes_{server_};
  TestReceiver receiver_;
  TestRun run_{server_, receiver_, settings()};
};

TEST_F(Stop, HealthFollowsTheRun) {
  // Asks as a container's engine does: with the exit code, and one line for the person.
  const auto health = [&] { return run_.command({"status", "--health", "-c", "waltrack.yaml"}); };
  EXPECT_TRUE(wait_until([&] { return health().status == kFine; }, kPatience)) << health().out;
  EXPECT_EQ(health().out, "healthy\n");
  run_.kill();
  const CommandResult killed = health();
  EXPECT_EQ(killed.status, (ExitStatus{1, 0}));
  EXPECT_EQ(killed.out.find("not running: "), 0u) << killed.out;
  EXPECT_EQ(killed.out.find('\n'), killed.out.size() - 1);
}

TEST_F(Stop, EitherSignalEndsAnIdleRunAndAllIsConfirmed) {
  for (const int signal : {SIGTERM, SIGINT}) {
    notes_.write_singly(5);
    ASSERT_TRUE(receiver_.wait_for_known(notes_.count()));
    const Lsn end = current_wal(server_);
    EXPECT_EQ(run_.stop(signal, kStopLimit), kFine);
    EXPECT_GE(run_.confirmed(), end);
    EXPECT_EQ(run_.confirmed(), run_.checkpoint());
    run_.start();
    ASSERT_TRUE(run_.wait_until_streaming());
  }
  expect_all_arrives();
  EXPECT_EQ(receiver_.stats().at("duplicates"), 0);
}

TEST_F(Stop, WhileDeliveringNothingIsLostAndWhatWasFinishedDoesNotComeAgain) {
  receiver_.control(R"({"delay_ms": 2500})");
  notes_.write(30'000);
  ASSERT_TRUE(receiver_.wait_for_known(1000));
  EXPECT_EQ(run_.stop(SIGTERM, kStopLimit), kFine);
  ASSERT_LT(receiver_.known(), notes_.count()) << "the signal came too late to mean anything";
  EXPECT_LE(run_.confirmed(), run_.checkpoint());
  EXPECT_NE(run_.log().find("stopped"), std::string::npos);
  receiver_.control("{}");
  run_.start();
  expect_all_arrives();
  // Only what was given up in flight, and what one lane was ahead of the other.
  EXPECT_LT(receiver_.stats().at("duplicates"), 10'000);
}

TEST_F(Stop, WhileTheReceiverIsAway) {
  receiver_.kill();
  notes_.write_singly(10);
  ASSERT_TRUE(run_.wait_for_log("trying again"));
  EXPECT_EQ(run_.stop(SIGTERM, kStopLimit), kFine);
  EXPECT_LT(run_.confirmed(), current_wal(server_));
  receiver_.start();
  run_.start();
  expect_all_arrives();
}

TEST_F(Stop, WhileTheReceiverNeverAnswers) {
  receiver_.control(R"({"delay_ms": 60000})");
  notes_.write_singly(10);
  ASSERT_TRUE(wait_until([&] { return receiver_.stats().at("requests") > 0; }, kPatience));
  EXPECT_EQ(run_.stop(SIGTERM, kStopLimit), kFine);
  receiver_.kill();
  receiver_.start();
  run_.start();
  expect_all_arrives();
}

TEST_F(Stop, WhileTheServerIsAway) {
  notes_.write_singly(10);
  ASSERT_TRUE(receiver_.wait_for_known(10));
  server_.stop();
  ASSERT_TRUE(run_.wait_for_log("reconnecting"));
  EXPECT_EQ(run_.stop(SIGTERM, kStopLimit), kFine);
  server_.start();
  run_.start();
  notes_.write_singly(10);
  expect_all_arrives();
}

TEST_F(Stop, ASecondSignalEndsAtOnce) {
  receiver_.control(R"({"delay_ms": 60000})");
  notes_.write_singly(10);
  ASSERT_TRUE(wait_until([&] { return receiver_.stats().at("requests") > 0; }, kPatience));
  ASSERT_EQ(run_.stop(SIGTERM, 0s), ExitStatus{});
  ASSERT_TRUE(run_.wait_for_log("stopping"));
  EXPECT_NE(run_.stop(SIGTERM, 3s), ExitStatus{});
}

TEST_F(Stop, RestartsOfTheServerAreSurvived) {
  for (const StopMode mode : {StopMode::immediate, StopMode::fast, StopMode::immediate}) {
    notes_.write_singly(20);
    server_.stop(mode);
    server_.start();
    notes_.write_singly(20);
    expect_all_arrives();
  }
}

TEST_F(Stop, ARestartOfTheServerInsideALargeTransactionIsSurvived) {
  receiver_.control(R"({"delay_ms": 300})");
  notes_.write(20'000);
  ASSERT_TRUE(receiver_.wait_for_known(1000));
  server_.stop(StopMode::immediate);
  server_.start();
  receiver_.control("{}");
  expect_all_arrives();
  // What is in memory is not read again.
  EXPECT_EQ(receiver_.stats().at("duplicates"), 0);
}

}  // namespace waltrack
