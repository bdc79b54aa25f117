#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

RunSettings notes_settings() {
  RunSettings settings;
  settings.mappings = Notes::kMapping;
  return settings;
}

void copy_folder(const std::filesystem::path& from, const std::filesystem::path& to) {
  ChildOptions options;
  options.args = {"/bin/cp", "-a", from.string(), to.string()};
  ASSERT_EQ(ChildProcess::run(options).code, 0);
}

}  // namespace

// One server and receiver, one run that has streamed and stopped when a test begins.
class Start : public testing::Test {
 protected:
  void SetUp() override {
    run_.start();
    ASSERT_TRUE(run_.wait_until_streaming());
    deliver(10);
    ASSERT_EQ(run_.stop().code, 0);
  }

  void deliver(int notes) {
    notes_.write_singly(notes);
    ASSERT_TRUE(receiver_.wait_for_known(notes_.count()));
    ASSERT_TRUE(run_.wait_until_confirmed(current_wal(server_)));
  }

  void expect_all_arrives(TestRun& run) {
    EXPECT_TRUE(receiver_.wait_for_known(notes_.count()));
    EXPECT_TRUE(run.wait_until_confirmed(current_wal(server_)));
    EXPECT_TRUE(run.running());
    EXPECT_EQ(receiver_.stats().at("conflicting"), 0);
    EXPECT_EQ(notes_.expected().difference(lists_of(receiver_.events())), "");
  }

  // The next run ends by itself with a failure that says all of this, and confirms nothing; `check`
  // says the same before.
  void expect_refused(const std::vector<std::string>& told) {
    const Lsn before = run_.confirmed();
    const CommandResult check = run_.command({"check"});
    EXPECT_EQ(check.status, (ExitStatus{1, 0})) << check.out;
    for (const std::string& needle : told)
      EXPECT_NE(check.out.find(needle), std::string::npos) << "check does not tell: " << needle;
    run_.start();
    EXPECT_EQ(run_.wait_for_end(), (ExitStatus{1, 0}));
    for (const std::string& needle : told)
      EXPECT_NE(run_.log().find(needle), std::string::npos) << "not told: " << needle;
    EXPECT_NE(run_.log().find("hint: "), std::string::npos);
    EXPECT_EQ(run_.confirmed(), before);
  }

  PostgresServer server_;
  Notes notes_{server_};
  TestReceiver receiver_;
  TestRun run_{server_, receiver_, notes_settings()};
};

TEST_F(Start, WithoutItsFileTheSlotsPositionIsAdoptedAndToldOfAsAWarning) {
  notes_.write_singly(10);
  for (const char* name : {"waltrack.db", "waltrack.db-wal", "waltrack.db-shm"})
    std::filesystem::remove(run_.folder() / name);
  run_.start();
  expect_all_arrives(run_);
  EXPECT_NE(run_.log().find(" warn "), std::string::npos);
  EXPECT_NE(run_.log().find("holds no checkpoint, but slot \"waltrack\" exists"),
            std::string::npos);
}

TEST_F(Start, AFileOfAnotherServerIsRefused) {
  PostgresServer other;
  const Notes same_table(other);
  run_.folder().write("waltrack.yaml",
                      config_text(run_.settings(), other.conninfo(), receiver_.batch_url()));
  expect_refused({"another server", "source.url",
                  server_.value("SELECT system_identifier FROM pg_control_system()"),
                  other.value("SELECT system_identifier FROM pg_control_system()")});
  EXPECT_EQ(other.value("SELECT count(*) FROM pg_replication_slots"), "0");
}

TEST_F(Start, AFileOfAnotherDatabaseIsRefused) {
  server_.exec("CREATE DATABASE other");
  const Notes same_table(server_, "other");
  run_.folder().write("waltrack.yaml", config_text(run_.settings(), server_.conninfo("other"),
                                                   receiver_.batch_url()));
  expect_refused({"another database", "postgres", "other", "source.url"});
}

TEST_F(Start, ADroppedSlotIsNotMadeAgainInSilence) {
  server_.exec("SELECT pg_drop_replication_slot('waltrack')");
  notes_.write(1);
  expect_refused({"slot \"waltrack\" does not exist", run_.checkpoint().text()});
  EXPECT_EQ(server_.value("SELECT count(*) FROM pg_replication_slots"), "0");
}

TEST_F(Start, ASlotThatSomebodyElseAdvancedIsRefusedWithBothPositions) {
  notes_.write(5);
  server_.exec("SELECT pg_replication_slot_advance('waltrack', pg_current_wal_lsn())");
  const Lsn ahead = run_.confirmed();
  ASSERT_GT(ahead, run_.checkpoint());
  expect_refused({"by someone else", run_.checkpoint().text(), ahead.text()});
}

TEST_F(Start, AServerRestoredFromAnOlderCopyIsRefused) {
  server_.stop();
  const TempDir aside;
  copy_folder(server_.data_dir(), aside / "data");
  server_.start();
  run_.start();
  deliver(20);
  ASSERT_EQ(run_.stop().code, 0);
  server_.stop();
  std::filesystem::remove_all(server_.data_dir());
  copy_folder(aside / "data", server_.data_dir());
  server_.start();
  ASSERT_LT(current_wal(server_), run_.checkpoint());
  expect_refused({"before the checkpoint", run_.checkpoint().text(), "backup"});
}

TEST_F(Start, ASecondRunOnTheSameFileIsRefused) {
  run_.start();
  ASSERT_TRUE(run_.wait_until_streaming());
  const CommandResult second = run_.command({"run"});
  EXPECT_EQ(second.status.code, 1);
  EXPECT_NE(second.err.find("the state file is in use by process"), std::string::npos)
      << second.err;
  EXPECT_NE(second.err.find("hint: "), std::string::npos);
  EXPECT_TRUE(run_.running());
  // To look is allowed.
  EXPECT_EQ(run_.status().at("running"), true);
}

// A second instance, ready to take over: it has a state file of its own and waits for the slot.
TEST_F(Start, ASecondRunOnTheSameSlotWaitsAndTakesOver) {
  run_.start();
  ASSERT_TRUE(run_.wait_until_streaming());
  TestRun standby(server_, receiver_, notes_settings());
  standby.start();
  ASSERT_TRUE(standby.wait_for_log("standing by"));
  deliver(20);  // by the first: the slot moves on while the second waits
  EXPECT_TRUE(standby.running());
  EXPECT_EQ(run_.stop().code, 0);
  notes_.write_singly(20);
  expect_all_arrives(standby);
}

TEST_F(Start, ASlotThatWentBackWithItsServerRepeatsNothing) {
  // The server keeps a slot's position lazily: after a crash it may be older than what it was told.
  run_.start();
  ASSERT_TRUE(run_.wait_until_streaming());
  deliver(50);
  const Lsn checkpoint = run_.checkpoint();
  server_.kill();
  server_.start();
  notes_.write_singly(10);
  expect_all_arrives(run_);
  EXPECT_GE(run_.checkpoint(), checkpoint);
  EXPECT_EQ(receiver_.stats().at("duplicates"), 0);
}

}  // namespace waltrack
