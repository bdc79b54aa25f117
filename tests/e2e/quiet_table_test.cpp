#include <gtest/gtest.h>
#include <thread>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"

namespace waltrack {

using namespace std::chrono_literals;

class QuietTable : public testing::TestWithParam<std::string> {
 protected:
  QuietTable() {
    server_.exec("CREATE DATABASE other");
    server_.exec("CREATE TABLE busy (id bigserial, text text)", "other");
    server_.exec("CREATE TABLE busy (id bigserial, text text)");
    RunSettings settings;
    settings.mappings = Notes::kMapping;
    settings.plugin = GetParam();
    run_.emplace(server_, receiver_, settings);
    run_->start();
  }

  // A second of changes that nobody tracks; returns where the log ends then.
  Lsn be_busy(const std::string& database) {
    pqxx::connection connection(server_.conninfo(database));
    pqxx::nontransaction plain(connection);
    const auto end = std::chrono::steady_clock::now() + 1s;
    while (std::chrono::steady_clock::now() < end) {
      plain.exec("INSERT INTO busy (text) SELECT repeat('x', 100) FROM generate_series(1, 100)");
    }
    return current_wal(server_);
  }

  PostgresServer server_;
  Notes notes_{server_};
  TestReceiver receiver_;
  std::optional<TestRun> run_;
};

TEST_P(QuietTable, TheSlotFollowsWhenAnotherDatabaseIsBusy) {
  ASSERT_TRUE(run_->wait_until_streaming());
  const Lsn end = be_busy("other");
  EXPECT_TRUE(run_->wait_until_confirmed(end, 30s));
  EXPECT_LE(run_->confirmed(), run_->checkpoint());
}

TEST_P(QuietTable, TheSlotFollowsWhenAnotherTableIsBusy) {
  ASSERT_TRUE(run_->wait_until_streaming());
  const Lsn end = be_busy("postgres");
  EXPECT_TRUE(run_->wait_until_confirmed(end, 30s));
  EXPECT_LE(run_->confirmed(), run_->checkpoint());
}

// The opposite fault would be to confirm what was not delivered.
TEST_P(QuietTable, TheSlotStaysBeforeWhatTheReceiverDoesNotTake) {
  ASSERT_TRUE(run_->wait_until_streaming());
  receiver_.control(R"({"answer": 503})");
  notes_.write_singly(1);
  const Lsn note = current_wal(server_);
  const Lsn end = be_busy("other");
  ASSERT_TRUE(run_->wait_for_log("503"));
  run_->kill();
  EXPECT_LT(run_->confirmed(), note);
  EXPECT_LT(run_->checkpoint(), note);
  receiver_.control(R"({"answer": 200})");
  run_->start();
  EXPECT_TRUE(receiver_.wait_for_known(1));
  EXPECT_TRUE(run_->wait_until_confirmed(end));
}

INSTANTIATE_TEST_SUITE_P(Plugin, QuietTable, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });

}  // namespace waltrack
