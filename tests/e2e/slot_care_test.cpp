#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

void write_wal(const PostgresServer& server, int megabytes) {
  for (int i = 0; i < megabytes; ++i) {
    server.exec("SELECT pg_logical_emit_message(false, 'filler', repeat('y', 1048576))");
  }
}

class SlotCare : public testing::TestWithParam<std::string> {
 protected:
  explicit SlotCare(PostgresOptions options = {}) : server_(std::move(options)) {}

  void start(const std::string& source_more = {}) {
    RunSettings settings;
    settings.mappings = Notes::kMapping;
    settings.plugin = GetParam();
    settings.source_more = source_more;
    run_ = std::make_unique<TestRun>(server_, receiver_, settings);
    run_->start();
    ASSERT_TRUE(run_->wait_until_streaming());
    deliver(10);
  }
  void deliver(int notes) {
    notes_.write_singly(notes);
    ASSERT_TRUE(receiver_.wait_for_known(notes_.count()));
    ASSERT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
  }
  std::string slots() const { return server_.value("SELECT count(*) FROM pg_replication_slots"); }
  std::string publications() const { return server_.value("SELECT count(*) FROM pg_publication"); }

  PostgresServer server_;
  Notes notes_{server_};
  TestReceiver receiver_;
  std::unique_ptr<TestRun> run_;
};

class SlotHeadroom : public SlotCare {
 protected:
  SlotHeadroom() : SlotCare(small()) {}
  static PostgresOptions small() {
    PostgresOptions options;
    options.settings = {
        {"max_slot_wal_keep_size", "80MB"}, {"max_wal_size", "40MB"}, {"min_wal_size", "32MB"}};
    return options;
  }
};

}  // namespace

TEST_P(SlotCare, APositionThatTheServerLostInACrashDoesNotRepeatAnything) {
  start();
  server_.exec("CHECKPOINT");  // the slot's position is stored now, and with the next one only
  deliver(20);
  const Lsn checkpoint = run_->checkpoint();
  server_.stop(StopMode::immediate);
  server_.start();
  EXPECT_LT(run_->confirmed(), checkpoint);
  deliver(10);
  EXPECT_EQ(receiver_.stats().at("duplicates"), 0);
  EXPECT_EQ(notes_.expected().difference(lists_of(receiver_.events())), "");
}

TEST_P(SlotCare, DropRemovesWhatWasMadeAndSaysWhatItLeaves) {
  start();
  const CommandResult refused = run_->command({"drop", "--yes"});
  EXPECT_EQ(refused.status, (ExitStatus{1, 0}));
  EXPECT_NE(refused.err.find("in use by process"), std::string::npos) << refused.err;
  EXPECT_EQ(slots(), "1");
  ASSERT_EQ(run_->stop().code, 0);
  const CommandResult unasked = run_->command({"drop"});
  EXPECT_EQ(unasked.status, (ExitStatus{2, 0}));
  EXPECT_NE(unasked.err.find("drop --yes"), std::string::npos) << unasked.err;

  const std::string id = run_->status().at("destination_id");
  const CommandResult dropped = run_->command({"drop", "--yes"});
  EXPECT_EQ(dropped.status, (ExitStatus{0, 0})) << dropped.err;
  EXPECT_NE(dropped.out.find("slot waltrack: removed"), std::string::npos) << dropped.out;
  EXPECT_NE(dropped.out.find(GetParam() == "pgoutput" ? "publication waltrack: removed"
                                                      : "publication waltrack: was not there"),
            std::string::npos)
      << dropped.out;
  EXPECT_NE(dropped.out.find("waltrack.db with its destination id and 0 dead letters"),
            std::string::npos)
      << dropped.out;
  EXPECT_EQ(slots(), "0");
  EXPECT_EQ(publications(), "0");
  EXPECT_EQ(run_->status().at("destination_id"), id);
  EXPECT_FALSE(run_->status().contains("checkpoint"));

  const nlohmann::json again =
      nlohmann::json::parse(run_->command({"drop", "--yes", "--json"}).out);
  EXPECT_EQ(again.at("removals").at(0).at("outcome"), "was not there");
  run_->start();
  ASSERT_TRUE(run_->wait_until_streaming());
  deliver(10);
}

TEST_P(SlotCare, DropLeavesAPublicationOfAnotherRoleWithTheSqlForIt) {
  server_.exec("CREATE PUBLICATION waltrack FOR TABLE notes");
  server_.exec("CREATE ROLE tracker LOGIN REPLICATION");
  RunSettings settings;
  settings.mappings = Notes::kMapping;
  settings.plugin = GetParam();
  settings.source_url = server_.conninfo("postgres", "tracker");
  run_ = std::make_unique<TestRun>(server_, receiver_, settings);
  run_->start();
  ASSERT_TRUE(run_->wait_until_streaming());
  ASSERT_EQ(run_->stop().code, 0);
  const CommandResult dropped = run_->command({"drop", "--yes"});
  EXPECT_EQ(dropped.status, (ExitStatus{0, 0})) << dropped.err;
  EXPECT_NE(dropped.out.find("publication waltrack: left: it belongs to role postgres, which may "
                             "run: DROP PUBLICATION \"waltrack\";"),
            std::string::npos)
      << dropped.out;
  EXPECT_EQ(slots(), "0");
}

TEST_P(SlotCare, DropLeavesAPublicationThatAnotherSlotMayRead) {
  server_.exec("CREATE PUBLICATION waltrack FOR TABLE notes");
  server_.exec("SELECT pg_create_logical_replication_slot('staging', 'pgoutput')");
  start();
  ASSERT_EQ(run_->stop().code, 0);
  const CommandResult dropped = run_->command({"drop", "--yes"});
  EXPECT_EQ(dropped.status, (ExitStatus{0, 0})) << dropped.err;
  EXPECT_NE(dropped.out.find("publication waltrack: left: slot staging"), std::string::npos)
      << dropped.out;
  EXPECT_EQ(publications(), "1");
  EXPECT_EQ(slots(), "1");
}

TEST_P(SlotHeadroom, IsWarnedOfBeforeTheSlotIsLostAndTheLossIsToldWithItsCause) {
  start("  headroom_warning: 60MB\n");
  receiver_.control(R"({"answer": 503})");
  notes_.write(1);  // holds the slot
  write_wal(server_, 40);
  EXPECT_TRUE(run_->wait_for_log("slot waltrack is lost when the server has written"));
  ASSERT_TRUE(wait_until([&] { return !run_->status().at("stream").at("warnings").empty(); },
                         kPatience, 200ms));
  EXPECT_GT(run_->status().at("stream").at("safe_wal_bytes"), 0);

  run_->kill();
  write_wal(server_, 150);
  server_.exec("CHECKPOINT");
  run_->start();
  EXPECT_EQ(run_->wait_for_end(), (ExitStatus{1, 0}));
  EXPECT_NE(
      run_->log().find("the server removed WAL that it needed (max_slot_wal_keep_size is 80MB)"),
      std::string::npos)
      << run_->log();
  EXPECT_NE(run_->log().find("waltrack drop && waltrack run"), std::string::npos);

  receiver_.control(R"({})");
  ASSERT_EQ(run_->command({"drop", "--yes"}).status, (ExitStatus{0, 0}));
  const uint64_t before = receiver_.known();
  run_->start();
  ASSERT_TRUE(run_->wait_until_streaming());
  notes_.write(7);
  EXPECT_TRUE(receiver_.wait_for_known(before + 7));
}

INSTANTIATE_TEST_SUITE_P(BothPlugins, SlotCare, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });
INSTANTIATE_TEST_SUITE_P(BothPlugins, SlotHeadroom, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });

}  // namespace waltrack
