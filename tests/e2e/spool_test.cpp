#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

RunSettings spooling(const std::string& max_bytes = "64MB") {
  RunSettings settings;
  settings.mappings = Notes::kMapping;
  settings.more = "spool:\n  path: spool/\n  max_bytes: " + max_bytes + "\n  after: 1s\n";
  return settings;
}

}  // namespace

class Spool : public testing::Test {
 protected:
  // The receiver is gone, and the run has noticed it for longer than it waits.
  void lose_the_receiver(TestRun& run) {
    run.start();
    ASSERT_TRUE(run.wait_until_streaming());
    notes_.write_singly(5);
    ASSERT_TRUE(receiver_.wait_for_known(5));
    receiver_.kill();
    notes_.write_singly(5);
    ASSERT_TRUE(run.wait_for_log("events go to the spool"));
  }
  void expect_all_arrives(TestRun& run) {
    EXPECT_TRUE(receiver_.wait_for_known(notes_.count()));
    EXPECT_TRUE(run.wait_until_confirmed(current_wal(server_)));
    EXPECT_EQ(receiver_.stats().at("conflicting"), 0);
    EXPECT_EQ(notes_.expected().difference(lists_of(receiver_.events())), "");
  }
  static uintmax_t bytes_in(const std::filesystem::path& folder) {
    uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      if (file.path().extension() == ".spool") bytes += file.file_size();
    }
    return bytes;
  }

  PostgresServer server_;
  Notes notes_{server_};
  TestReceiver receiver_;
};

TEST_F(Spool, LetsTheServerForgetItsLogWhileTheReceiverIsAway) {
  TestRun run(server_, receiver_, spooling());
  ASSERT_NO_FATAL_FAILURE(lose_the_receiver(run));
  notes_.write(20'000);
  const Lsn end = current_wal(server_);
  EXPECT_TRUE(run.wait_until_confirmed(end)) << "nothing was delivered, all is on the disk";
  EXPECT_GT(bytes_in(run.folder() / "spool"), 1'000'000u);
  EXPECT_EQ(std::filesystem::status(run.folder() / "spool").permissions(),
            std::filesystem::perms::owner_all);

  receiver_.start();
  notes_.write(100);  // behind what is spooled
  expect_all_arrives(run);
  ASSERT_TRUE(run.wait_for_log("the spool is empty"));
  EXPECT_EQ(bytes_in(run.folder() / "spool"), 0u);
  notes_.write(100);  // straight again
  expect_all_arrives(run);
  EXPECT_EQ(run.stop().code, 0);
}

TEST_F(Spool, SurvivesKillsWhileItFillsAndWhileItDrains) {
  TestRun run(server_, receiver_, spooling());
  ASSERT_NO_FATAL_FAILURE(lose_the_receiver(run));
  notes_.write(10'000);
  ASSERT_TRUE(wait_until([&] { return bytes_in(run.folder() / "spool") > 500'000; }, kPatience));
  run.kill();
  EXPECT_LE(run.confirmed(), run.checkpoint());
  run.start();  // the receiver is still away
  notes_.write(10'000);
  ASSERT_TRUE(run.wait_until_confirmed(current_wal(server_)));
  receiver_.start();
  receiver_.control(R"({"delay_ms": 50})");
  ASSERT_TRUE(receiver_.wait_for_known(6'000));
  run.kill();
  receiver_.control(R"({"delay_ms": 0})");
  run.start();
  expect_all_arrives(run);
  EXPECT_EQ(run.stop().code, 0);
}

TEST_F(Spool, FullItLeavesTheRestToTheServer) {
  TestRun run(server_, receiver_, spooling("1MB"));
  ASSERT_NO_FATAL_FAILURE(lose_the_receiver(run));
  notes_.write(20'000);
  const Lsn end = current_wal(server_);
  ASSERT_TRUE(run.wait_for_log("the spool takes no more events"));
  EXPECT_LT(bytes_in(run.folder() / "spool"), 3'000'000u);
  EXPECT_LT(run.confirmed(), end);
  receiver_.start();
  expect_all_arrives(run);
  EXPECT_EQ(run.stop().code, 0);
}

TEST_F(Spool, AHeldReceiverIsAwayToo) {
  TestRun run(server_, receiver_, spooling());
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  receiver_.control(R"({"answer": 401})");
  notes_.write_singly(5);
  ASSERT_TRUE(run.wait_for_log("events go to the spool"));
  EXPECT_TRUE(run.wait_until_confirmed(current_wal(server_)));
  EXPECT_EQ(run.stop().code, 0);
  receiver_.control(R"({"answer": 200})");
  run.start();
  expect_all_arrives(run);
}

TEST_F(Spool, AnEventAtFaultThatWasSpooledBecomesADeadLetter) {
  TestRun run(server_, receiver_, spooling());
  ASSERT_NO_FATAL_FAILURE(lose_the_receiver(run));
  notes_.write(20);
  ASSERT_TRUE(run.wait_until_confirmed(current_wal(server_)));
  receiver_.start();
  receiver_.control(R"({"poison": "\"number\":17}"})");
  EXPECT_TRUE(receiver_.wait_for_known(notes_.count() - 1));
  ASSERT_TRUE(wait_until([&] { return run.status()["dead_letters"]["count"] == 1; }, kPatience));
  const nlohmann::json letter = run.status()["dead_letters"]["newest"][0];
  EXPECT_EQ(letter["reason"], "refused");
  EXPECT_EQ(letter["table"], "public.notes");
  ASSERT_TRUE(run.wait_for_log("the spool is empty"));
  EXPECT_EQ(run.stop().code, 0);
}

TEST_F(Spool, OneThatHoldsEventsIsNotForgotten) {
  TestRun run(server_, receiver_, spooling());
  ASSERT_NO_FATAL_FAILURE(lose_the_receiver(run));
  ASSERT_TRUE(run.wait_until_confirmed(current_wal(server_)));
  EXPECT_EQ(run.stop().code, 0);
  const std::string config = read_file(run.folder() / "waltrack.yaml");
  const std::string without = config.substr(0, config.find("spool:"));
  std::ofstream(run.folder() / "waltrack.yaml") << without;
  const CommandResult left = run.command({"run"});
  EXPECT_EQ(left.status.code, 2);
  EXPECT_NE(left.err.find("5 events wait in the spool"), std::string::npos) << left.err;
  std::ofstream(run.folder() / "waltrack.yaml") << config;
  std::filesystem::rename(run.folder() / "spool", run.folder() / "elsewhere");
  const CommandResult gone = run.command({"run"});
  EXPECT_EQ(gone.status.code, 1);
  EXPECT_NE(gone.err.find("is gone"), std::string::npos) << gone.err;
  std::filesystem::rename(run.folder() / "elsewhere", run.folder() / "spool");
  receiver_.start();
  run.start();
  expect_all_arrives(run);
}

}  // namespace waltrack
