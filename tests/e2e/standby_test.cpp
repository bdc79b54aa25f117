#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "e2e/note_book.hpp"
#include "e2e/notes.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr const char* kVersion = "17";

PostgresOptions seventeen() {
  PostgresOptions options;
  options.version = kVersion;
  return options;
}

RunSettings note_settings(const std::string& plugin) {
  RunSettings settings;
  settings.mappings = Notes::kMapping;
  settings.plugin = plugin;
  return settings;
}

// A primary with a table of notes, its standby, and a run that reads the standby.
class StandbyTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    WALTRACK_NEEDS_POSTGRES(kVersion);
    primary_ = std::make_unique<PostgresServer>(seventeen());
    NoteBook::prepare(*primary_);
    standby_ = PostgresServer::standby_of(*primary_);
    ASSERT_TRUE(standby_->wait_replayed(*primary_));
    receiver_ = std::make_unique<TestReceiver>();
  }

  void make_run(const std::string& source_more) {
    RunSettings settings = note_settings(GetParam());
    settings.source_more = source_more;
    run_ = std::make_unique<TestRun>(*standby_, *receiver_, settings);
    run_->start();
  }
  std::string primary_url() const { return "  primary_url: \"" + primary_->conninfo() + "\"\n"; }

  std::unique_ptr<PostgresServer> primary_, standby_;
  std::unique_ptr<TestReceiver> receiver_;
  std::unique_ptr<TestRun> run_;
};

}  // namespace

TEST_P(StandbyTest, IsStreamedFromWithTheHelpOfItsPrimaryAndNotWrittenTo) {
  make_run(primary_url());
  ASSERT_TRUE(run_->wait_until_streaming());
  NoteWriter(*primary_, 0, 1000).wait();
  ASSERT_TRUE(standby_->wait_replayed(*primary_));
  EXPECT_TRUE(all_notes_arrive(*standby_, *receiver_));
  EXPECT_EQ(standby_->value("SELECT count(*) FROM pg_replication_slots WHERE slot_name = "
                            "'waltrack' AND slot_type = 'logical'"),
            "1");
  EXPECT_EQ(
      primary_->value("SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'logical'"),
      "0");
  ASSERT_TRUE(wait_until([&] { return run_->status().at("stream").contains("standby"); }, 30s));
  EXPECT_EQ(run_->status().at("stream").at("standby"), true);
  EXPECT_EQ(run_->stop().code, 0);
}

TEST_P(StandbyTest, WithoutItsPrimarysUrlItIsToldWhatToRunThere) {
  if (GetParam() == "pgoutput") primary_->exec("CREATE PUBLICATION waltrack FOR TABLE notes");
  ASSERT_TRUE(standby_->wait_replayed(*primary_));
  make_run("");
  ASSERT_TRUE(run_->wait_for_log("SELECT pg_log_standby_snapshot()"));
  ASSERT_TRUE(wait_until([&] {
    primary_->exec("SELECT pg_log_standby_snapshot()");
    return run_->wait_for_log("made the replication slot", 1s);
  }));
  ASSERT_TRUE(run_->wait_until_streaming());
  NoteWriter(*primary_, 0, 100).wait();
  ASSERT_TRUE(standby_->wait_replayed(*primary_));
  EXPECT_TRUE(all_notes_arrive(*standby_, *receiver_));
}

TEST_P(StandbyTest, FiftyThousandChangesSurviveThePrimarysDeathAndThePromotion) {
  make_run(primary_url());
  ASSERT_TRUE(run_->wait_until_streaming());
  constexpr int64_t kNotes = 50'000;
  NoteWriter before(*primary_, 0, kNotes);
  ASSERT_TRUE(wait_until([&] { return before.written() > kNotes / 2; }, 60s));
  primary_->kill();
  before.wait();
  standby_->promote();
  const int64_t first = before.written() + 1000;
  NoteWriter(*standby_, first, kNotes - before.written()).wait();
  EXPECT_TRUE(all_notes_arrive(*standby_, *receiver_));
  EXPECT_TRUE(run_->running());
  ASSERT_TRUE(run_->wait_until_confirmed(current_wal(*standby_)));
  // The next start finds the server on another timeline than the first one did.
  EXPECT_EQ(run_->stop().code, 0);
  run_->start();
  ASSERT_TRUE(run_->wait_until_streaming());
  NoteWriter(*standby_, 2 * kNotes, 100).wait();
  EXPECT_TRUE(all_notes_arrive(*standby_, *receiver_));
  EXPECT_EQ(run_->log().find("diverged"), std::string::npos);
}

TEST_P(StandbyTest, AKillRightAfterThePromotionLosesNothing) {
  make_run(primary_url());
  ASSERT_TRUE(run_->wait_until_streaming());
  NoteWriter before(*primary_, 0, 20'000);
  ASSERT_TRUE(wait_until([&] { return before.written() > 5'000; }, 60s));
  primary_->kill();
  before.wait();
  standby_->promote();
  const int64_t first = before.written() + 1000;
  NoteWriter after(*standby_, first, 5'000);
  ASSERT_TRUE(wait_until([&] { return after.written() > first + 500; }, 60s));
  run_->kill();
  run_->start();
  after.wait();
  EXPECT_TRUE(all_notes_arrive(*standby_, *receiver_));
}

TEST_P(StandbyTest, ASlotThatAVacuumOfThePrimaryTookIsToldWithItsCause) {
  standby_->configure({{"hot_standby_feedback", "off"}});
  standby_->reload();
  make_run(primary_url());
  ASSERT_TRUE(run_->wait_until_streaming());
  EXPECT_TRUE(run_->wait_for_log("hot_standby_feedback is off on this standby"));
  for (int i = 0; i < 20; ++i) {
    primary_->exec("CREATE TABLE passing (id int)");
    primary_->exec("DROP TABLE passing");
  }
  primary_->exec("VACUUM pg_class");
  primary_->exec("VACUUM pg_attribute");
  EXPECT_EQ(run_->wait_for_end(), (ExitStatus{1, 0}));
  EXPECT_NE(run_->log().find("rows of the catalog that it needed were vacuumed away"),
            std::string::npos)
      << run_->log();
  EXPECT_NE(run_->log().find("waltrack drop && waltrack run"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(BothPlugins, StandbyTest, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });

TEST(StandbyBefore16, IsRefusedAndToldWhatToDo) {
  PostgresServer primary;
  if (primary.version() >= 160000) GTEST_SKIP() << "NOT TESTED: no Postgres before 16 here";
  NoteBook::prepare(primary);
  const auto standby = PostgresServer::standby_of(primary);
  ASSERT_TRUE(standby->wait_replayed(primary));
  TestReceiver receiver;
  TestRun run(*standby, receiver, note_settings("wal2json"));
  run.start();
  EXPECT_EQ(run.wait_for_end(), (ExitStatus{1, 0}));
  EXPECT_NE(run.log().find("source.backfill_url"), std::string::npos) << run.log();
}

// Reads the primary over a slot that the standby copies; the url names both servers.
class FailoverTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    WALTRACK_NEEDS_POSTGRES(kVersion);
    primary_ = std::make_unique<PostgresServer>(seventeen());
    NoteBook::prepare(*primary_);
    StandbyOptions options;
    options.settings = {{"sync_replication_slots", "on"}};
    standby_ = PostgresServer::standby_of(*primary_, options);
    receiver_ = std::make_unique<TestReceiver>();
    RunSettings settings = note_settings(GetParam());
    settings.source_more = "  failover: true\n";
    settings.source_url = "host=127.0.0.1,127.0.0.1 port=" + std::to_string(primary_->port()) +
                          "," + std::to_string(standby_->port()) +
                          " dbname=postgres user=postgres target_session_attrs=read-write";
    run_ = std::make_unique<TestRun>(*primary_, *receiver_, settings);
    run_->start();
    ASSERT_TRUE(run_->wait_until_streaming());
    NoteWriter(*primary_, 0, 1000).wait();
    ASSERT_TRUE(all_notes_arrive(*primary_, *receiver_));
    ASSERT_TRUE(wait_until([&] { return slot_is_copied(); }, 60s, 100ms)) << standby_->log_text();
  }

  bool slot_is_copied() const {
    return standby_->value(
               "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'waltrack' "
               "AND synced AND NOT temporary AND invalidation_reason IS NULL") == "1";
  }

  std::unique_ptr<PostgresServer> primary_, standby_;
  std::unique_ptr<TestReceiver> receiver_;
  std::unique_ptr<TestRun> run_;
};

TEST_P(FailoverTest, TheCopiedSlotGoesOnOnThePromotedStandby) {
  // The primary sends nothing to us that the standby has not got.
  primary_->configure({{"synchronized_standby_slots", "'standby'"}});
  primary_->reload();
  NoteWriter before(*primary_, 1000, 20'000);
  ASSERT_TRUE(wait_until([&] { return before.written() > 8'000; }, 60s));
  primary_->kill();
  before.wait();
  standby_->promote();
  NoteWriter(*standby_, 50'000, 5'000).wait();
  EXPECT_TRUE(all_notes_arrive(*standby_, *receiver_));
  EXPECT_TRUE(run_->running());
  EXPECT_TRUE(run_->wait_for_log("new timeline"));
}

TEST_P(FailoverTest, ADivergedHistoryIsToldWithBothPositionsAndNothingOfTheNewOneIsLost) {
  standby_->stop();
  NoteWriter(*primary_, 1000, 500).wait();  // the standby never gets these
  ASSERT_TRUE(receiver_->wait_for_known(1500));
  ASSERT_TRUE(run_->wait_until_confirmed(current_wal(*primary_)));
  const Lsn beyond = run_->checkpoint();
  primary_->kill();
  standby_->start();
  standby_->promote();
  NoteWriter(*standby_, 50'000, 500).wait();
  ASSERT_EQ(run_->wait_for_end(), (ExitStatus{1, 0}));
  EXPECT_NE(run_->log().find("the histories diverged"), std::string::npos);

  run_->start();
  ASSERT_TRUE(run_->wait_until_streaming());
  EXPECT_NE(run_->log().find("events were sent up to " + beyond.text() + " on timeline 1"),
            std::string::npos)
      << run_->log();
  ASSERT_TRUE(receiver_->wait_for_known(2000));
  const std::set<int64_t> arrived = NoteBook::at(*receiver_);
  for (const int64_t note : NoteBook::on(*standby_))
    EXPECT_TRUE(arrived.contains(note)) << "lost: " << note;
}

TEST_P(FailoverTest, ASecondFailoverThatLosesSomethingIsToldToo) {
  NoteWriter(*primary_, 1000, 100).wait();
  ASSERT_TRUE(all_notes_arrive(*primary_, *receiver_));
  ASSERT_TRUE(standby_->wait_replayed(*primary_));
  primary_->kill();
  standby_->promote();
  // Its standby gets the slot's copy, and then not the last of what is sent.
  StandbyOptions options;
  options.settings = {{"sync_replication_slots", "on"}};
  const auto third = PostgresServer::standby_of(*standby_, options);
  NoteWriter(*standby_, 5000, 100).wait();
  ASSERT_TRUE(receiver_->wait_for_known(1200));
  const auto is_copied = [&] {
    return third->value(
               "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'waltrack' AND "
               "synced AND NOT temporary") == "1";
  };
  ASSERT_TRUE(wait_until(is_copied, 60s, 100ms));
  third->stop();
  NoteWriter(*standby_, 6000, 100).wait();
  ASSERT_TRUE(receiver_->wait_for_known(1300));
  ASSERT_TRUE(run_->wait_until_checkpoint(current_wal(*standby_)));
  run_->kill();
  standby_->kill();
  third->start();
  third->promote();
  NoteWriter(*third, 50'000, 500).wait();
  run_->folder().write("waltrack.yaml",
                       config_text(run_->settings(), third->conninfo(), receiver_->batch_url()));
  run_->start();
  ASSERT_TRUE(run_->wait_for_log("the histories diverged: events were sent up to"));
  ASSERT_TRUE(receiver_->wait_for_known(1800));
  const std::set<int64_t> arrived = NoteBook::at(*receiver_);
  for (const int64_t note : NoteBook::on(*third))
    EXPECT_TRUE(arrived.contains(note)) << "lost: " << note;
}

TEST_P(FailoverTest, ASlotThatWasMadeAfterTheFailoverIsRefusedWithBothPositions) {
  standby_->configure({{"sync_replication_slots", "off"}});
  standby_->stop();
  NoteWriter(*primary_, 1000, 500).wait();  // the standby never gets these
  ASSERT_TRUE(receiver_->wait_for_known(1500));
  ASSERT_TRUE(run_->wait_until_confirmed(current_wal(*primary_)));
  run_->kill();
  primary_->kill();
  standby_->start();
  standby_->promote();
  standby_->exec("SELECT pg_drop_replication_slot('waltrack')");
  standby_->exec("SELECT pg_create_logical_replication_slot('waltrack', '" + GetParam() + "')");
  NoteWriter(*standby_, 50'000, 2000).wait();
  ASSERT_GT(current_wal(*standby_), run_->checkpoint());
  run_->start();
  EXPECT_EQ(run_->wait_for_end(), (ExitStatus{1, 0}));
  EXPECT_NE(run_->log().find("was made or confirmed behind that"), std::string::npos)
      << run_->log();
}

INSTANTIATE_TEST_SUITE_P(BothPlugins, FailoverTest, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });

}  // namespace waltrack
