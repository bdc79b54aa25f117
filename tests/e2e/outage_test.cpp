#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr auto kShutdownLimit = 10s;  // what we promise those who stop their server

RunSettings notes_settings(const std::string& plugin = "pgoutput") {
  RunSettings settings;
  settings.mappings = Notes::kMapping;
  settings.plugin = plugin;
  return settings;
}

std::string condition_of(const TestRun& run) {
  const nlohmann::json status = run.status();
  return status.contains("delivery") ? status["delivery"]["condition"].get<std::string>() : "";
}

// Everything arrived, once, in order, and was confirmed; the run is still its first.
void expect_all_arrives(TestRun& run, TestReceiver& receiver, const Notes& notes, Lsn end) {
  EXPECT_TRUE(receiver.wait_for_known(notes.count()));
  EXPECT_TRUE(run.wait_until_confirmed(end));
  EXPECT_TRUE(run.running());
  EXPECT_EQ(run.stop().code, 0);
  EXPECT_EQ(receiver.stats().at("conflicting"), 0);
  EXPECT_EQ(notes.expected().difference(lists_of(receiver.events())), "");
}

// The receiver is down, changes pile up, the server is told to stop and comes back.
void server_stops_during_an_outage(RunSettings settings, int notes_in_one, int notes_singly) {
  PostgresServer server;
  Notes notes(server);
  TestReceiver receiver;
  TestRun run(server, receiver, std::move(settings));
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  notes.write_singly(10);
  ASSERT_TRUE(receiver.wait_for_known(10));

  receiver.kill();
  notes.write(notes_in_one);
  notes.write_singly(notes_singly);
  const Lsn end = current_wal(server);
  ASSERT_TRUE(wait_until([&] { return condition_of(run).starts_with("retrying: "); }, kPatience));

  const auto asked_at = std::chrono::steady_clock::now();
  server.request_stop(StopMode::fast);
  EXPECT_TRUE(server.wait_stopped(kShutdownLimit)) << server.log_text();
  const auto took = std::chrono::steady_clock::now() - asked_at;
  testing::Test::RecordProperty(
      "shutdown_ms",
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  ASSERT_FALSE(server.running());

  server.start();
  receiver.start();
  notes.write_singly(10);
  expect_all_arrives(run, receiver, notes, std::max(end, current_wal(server)));
}

}  // namespace

class ServerStop : public testing::TestWithParam<std::string> {};

TEST_P(ServerStop, IsNotHeldUpWhileAFewEventsWait) {
  server_stops_during_an_outage(notes_settings(GetParam()), 1, 20);
}

TEST_P(ServerStop, IsNotHeldUpWhileMoreWaitsThanMemoryHolds) {
  RunSettings settings = notes_settings(GetParam());
  settings.memory = "1MB";
  server_stops_during_an_outage(std::move(settings), 40'000, 200);
}

TEST_P(ServerStop, IsNotHeldUpWhileNothingWaits) {
  PostgresServer server;
  Notes notes(server);
  TestReceiver receiver;
  TestRun run(server, receiver, notes_settings(GetParam()));
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  notes.write_singly(10);
  ASSERT_TRUE(receiver.wait_for_known(10));
  server.request_stop(StopMode::fast);
  EXPECT_TRUE(server.wait_stopped(kShutdownLimit)) << server.log_text();
  server.start();
  notes.write_singly(10);
  expect_all_arrives(run, receiver, notes, current_wal(server));
}

// The server ends a connection that is silent for wal_sender_timeout, and sends all anew.
TEST(Outage, ReportsGoOnWhileMoreWaitsThanMemoryHolds) {
  constexpr int kTimeout = 4;  // seconds
  PostgresOptions options;
  options.settings = {{"wal_sender_timeout", std::to_string(kTimeout) + "s"}};
  PostgresServer server(options);
  Notes notes(server);
  TestReceiver receiver;
  RunSettings settings = notes_settings();
  settings.memory = "1MB";
  TestRun run(server, receiver, settings);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  receiver.kill();
  notes.write(40'000);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2 * kTimeout);
  // Watched for as long as it takes a silent client to be thrown out.
  EXPECT_FALSE(wait_until(
      [&] {
        return run.log().find("reconnecting") != std::string::npos ||
               server.value("SELECT count(*) FROM pg_stat_replication") != "1";
      },
      std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()),
      200ms));
  receiver.start();
  expect_all_arrives(run, receiver, notes, current_wal(server));
  EXPECT_EQ(receiver.stats().at("duplicates"), 0);
}

INSTANTIATE_TEST_SUITE_P(Plugin, ServerStop, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });

class Answers : public testing::Test {
 protected:
  void SetUp() override {
    run_.start();
    ASSERT_TRUE(run_.wait_until_streaming());
  }

  PostgresServer server_;
  Notes notes_{server_};
  TestReceiver receiver_;
  TestRun run_{server_, receiver_, notes_settings()};
};

TEST_F(Answers, AServerErrorIsTriedAgainUntilItPasses) {
  receiver_.control(R"({"answer": 503, "count": 5})");
  notes_.write_singly(50);
  expect_all_arrives(run_, receiver_, notes_, current_wal(server_));
  EXPECT_GE(receiver_.stats().at("failed_requests"), 5);
  EXPECT_NE(run_.log().find("trying again"), std::string::npos);
  EXPECT_NE(run_.log().find("503"), std::string::npos);
  EXPECT_NE(run_.log().find("the receiver takes events again"), std::string::npos);
}

TEST_F(Answers, ALostAnswerRepeatsEventsUnderTheirIds) {
  receiver_.control(R"({"answer": 500, "count": 4, "take": true})");
  notes_.write(50);
  expect_all_arrives(run_, receiver_, notes_, current_wal(server_));
  EXPECT_GT(receiver_.stats().at("duplicates"), 0);
}

TEST_F(Answers, RetryAfterIsObeyedByAllLanes) {
  receiver_.control(R"({"answer": 429, "count": 1, "retry_after": 3})");
  notes_.write_singly(1);
  ASSERT_TRUE(wait_until([&] { return receiver_.stats().at("failed_requests") == 1; }, kPatience));
  ASSERT_TRUE(run_.wait_for_log("429"));
  const auto told_at = std::chrono::steady_clock::now();
  notes_.write_singly(30);  // of other users too
  ASSERT_TRUE(wait_until([&] { return receiver_.stats().at("requests") > 1; }, kPatience));
  // Half a second for the time between the answer and our look at the log.
  EXPECT_GE(std::chrono::steady_clock::now() - told_at, 2500ms);
  expect_all_arrives(run_, receiver_, notes_, current_wal(server_));
}

TEST_F(Answers, AWrongKeyHoldsEverythingAndIsTold) {
  receiver_.control(R"({"answer": 401})");
  notes_.write_singly(20);
  const Lsn end = current_wal(server_);
  ASSERT_TRUE(run_.wait_for_log("the receiver refuses events"));
  EXPECT_NE(run_.log().find("401"), std::string::npos);
  ASSERT_TRUE(wait_until([&] { return condition_of(run_).starts_with("held: "); }));
  EXPECT_NE(condition_of(run_).find("401"), std::string::npos);
  const CommandResult health = run_.command({"status", "--health", "--json"});
  EXPECT_EQ(health.status.code, 1);
  EXPECT_FALSE(nlohmann::json::parse(health.out).at("healthy"));
  EXPECT_NE(health.out.find("held: "), std::string::npos) << health.out;
  EXPECT_LT(run_.confirmed(), end);

  // Held, it asks once a minute; who mends the key starts anew.
  EXPECT_EQ(run_.stop().code, 0);
  EXPECT_EQ(receiver_.known(), 0u);
  receiver_.control(R"({"answer": 200})");
  run_.start();
  expect_all_arrives(run_, receiver_, notes_, end);
}

}  // namespace waltrack
