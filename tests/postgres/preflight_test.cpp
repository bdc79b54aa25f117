#include "postgres/preflight.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "postgres/slot.hpp"
#include "support/plugin_refusal.hpp"
#include "support/postgres_server.hpp"

namespace waltrack {
namespace {

using Findings = std::vector<Finding>;

bool holds(const Findings& findings, Severity severity, std::string_view what,
           std::string_view fix = {}) {
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.severity == severity && finding.what.find(what) != std::string::npos &&
           finding.fix.find(fix) != std::string::npos;
  });
}

std::string shown(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += finding.where + ": " + finding.what + "\n  fix: " + finding.fix + "\n";
  }
  return text;
}

class PreflightTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<PostgresServer>();
    server_->exec("CREATE TABLE orders (id int PRIMARY KEY)");
    server_->exec("CREATE TABLE clicks (at timestamptz)");
    server_->exec("CREATE VIEW recent AS SELECT * FROM orders");
    server_->exec("CREATE UNLOGGED TABLE scratch (id int PRIMARY KEY)");
    server_->exec("CREATE TABLE visits (id int PRIMARY KEY) PARTITION BY RANGE (id)");
    server_->exec("CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (1) TO (100)");
    server_->exec("CREATE ROLE tracker LOGIN REPLICATION");
    server_->exec("CREATE ROLE plain LOGIN");
    server_->exec("CREATE DATABASE elsewhere");
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    settings_.url = server_->conninfo();
    settings_.followed.tables = {{"public", "orders"}};
  }
  void TearDown() override {
    server_->exec(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
        "WHERE NOT temporary");
    server_->exec("DROP PUBLICATION IF EXISTS waltrack");
  }

  Findings check(const std::string& role = "postgres") {
    settings_.url = server_->conninfo("postgres", role);
    return check_source(settings_);
  }
  static void allow(const char* list) {
    server_->configure({{"output_plugin_libraries", list}});
    server_->reload();
  }

  static std::unique_ptr<PostgresServer> server_;
  SourceSettings settings_;
};
std::unique_ptr<PostgresServer> PreflightTest::server_;

}  // namespace

// A table that was dropped and made again, or renamed into place, is not in the publication.
TEST_F(PreflightTest, WarnsOfATableWhoseChangesDoNotComeThroughTheSlot) {
  settings_.plugin = PluginChoice::pgoutput;
  prepare_slot(settings_, true);
  EXPECT_FALSE(holds(check(), Severity::warning, "publication"));
  server_->exec("ALTER PUBLICATION waltrack DROP TABLE orders");
  EXPECT_TRUE(holds(check(), Severity::warning, "the publication lacks something",
                    "ALTER PUBLICATION \"waltrack\" ADD TABLE \"public\".\"orders\""))
      << shown(check());
}

TEST_F(PreflightTest, FindsNothingWhereAllIsWellAndLeavesNothingBehind) {
  for (const PluginChoice plugin :
       {PluginChoice::automatic, PluginChoice::wal2json, PluginChoice::pgoutput}) {
    settings_.plugin = plugin;
    EXPECT_EQ(shown(check()), "");
  }
  EXPECT_EQ(server_->value("SELECT count(*) FROM pg_replication_slots"), "0");
  EXPECT_EQ(server_->value("SELECT count(*) FROM pg_publication"), "0");
}

TEST_F(PreflightTest, FindsNothingWrongWithASlotInOrder) {
  prepare_slot(settings_, true);
  EXPECT_EQ(shown(check()), "");
}

TEST_F(PreflightTest, TellsAllFaultsOfTablesAtOnce) {
  settings_.followed.tables = {{"public", "oders"},
                               {"public", "clicks"},
                               {"public", "recent"},
                               {"public", "scratch"},
                               {"public", "visits_1"}};
  const Findings findings = check();
  EXPECT_EQ(findings.size(), 5u) << shown(findings);
  EXPECT_TRUE(holds(findings, Severity::error, "no table public.oders", "public.orders"));
  EXPECT_TRUE(holds(findings, Severity::warning, "public.clicks has no replica identity",
                    "REPLICA IDENTITY FULL"));
  EXPECT_TRUE(holds(findings, Severity::error, "public.recent is not a table"));
  EXPECT_TRUE(holds(findings, Severity::error, "public.scratch is unlogged", "SET LOGGED"));
  EXPECT_TRUE(holds(findings, Severity::error, "public.visits_1 is a partition", "public.visits"));
}

TEST_F(PreflightTest, APartitionedTableIsACautionWithWal2jsonAlone) {
  settings_.followed.tables = {{"public", "visits"}};
  settings_.plugin = PluginChoice::wal2json;
  EXPECT_TRUE(holds(check(), Severity::warning, "public.visits is partitioned", "pgoutput"))
      << shown(check());
  settings_.plugin = PluginChoice::pgoutput;
  EXPECT_EQ(shown(check()), "");
}

TEST_F(PreflightTest, ForPgoutputATableWithoutIdentityIsAnError) {
  settings_.plugin = PluginChoice::pgoutput;
  settings_.followed.tables = {{"public", "clicks"}};
  const Findings findings = check();
  EXPECT_TRUE(holds(findings, Severity::error, "fail, for the application too", "IDENTITY FULL"))
      << shown(findings);
}

TEST_F(PreflightTest, ARoleWithoutReplicationIsToldTheGrant) {
  const Findings findings = check("plain");
  ASSERT_EQ(findings.size(), 1u) << shown(findings);
  EXPECT_TRUE(
      holds(findings, Severity::error, "may not replicate", "ALTER ROLE \"plain\" REPLICATION;"));
}

TEST_F(PreflightTest, ARefusedWal2jsonIsAWarningForAutoAndAnErrorByName) {
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server_);
  allow("'pgoutput, test_decoding'");
  for (const char* role : {"postgres", "tracker"}) {
    settings_.plugin = PluginChoice::automatic;
    const Findings automatic = check(role);
    settings_.plugin = PluginChoice::wal2json;
    const Findings by_name = check(role);
    constexpr const char* kFix = "SET output_plugin_libraries = pgoutput, test_decoding, wal2json;";
    EXPECT_TRUE(holds(automatic, Severity::warning, "will be made with pgoutput", kFix))
        << shown(automatic);
    EXPECT_TRUE(holds(by_name, Severity::error, "wal2json", kFix)) << shown(by_name);
  }
  allow("'pgoutput, test_decoding, wal2json'");
}

TEST_F(PreflightTest, ARefusedPluginOfAnExistingSlotIsAnError) {
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server_);
  prepare_slot(settings_, true);
  allow("'pgoutput, test_decoding'");
  const Findings findings = check("tracker");
  allow("'pgoutput, test_decoding, wal2json'");
  EXPECT_TRUE(holds(findings, Severity::error, "wal2json", "output_plugin_libraries"))
      << shown(findings);
}

TEST_F(PreflightTest, APublicationThatTheRoleMayNotMakeComesWithTheSql) {
  settings_.plugin = PluginChoice::pgoutput;
  const Findings findings = check("tracker");
  ASSERT_EQ(findings.size(), 1u) << shown(findings);
  EXPECT_TRUE(holds(findings, Severity::error, "may not make it",
                    "CREATE PUBLICATION \"waltrack\" FOR TABLE \"public\".\"orders\""));
}

TEST_F(PreflightTest, ARowFilterAndAMissingOperationAreFound) {
  settings_.plugin = PluginChoice::pgoutput;
  server_->exec(
      "CREATE PUBLICATION waltrack FOR TABLE orders WHERE (id > 5) WITH (publish = 'insert')");
  const Findings findings = check();
  EXPECT_TRUE(holds(findings, Severity::error, "row filter")) << shown(findings);
  EXPECT_TRUE(holds(findings, Severity::warning, "leaves out", "SET (publish ="))
      << shown(findings);
}

TEST_F(PreflightTest, ASlotWithoutItsPublicationIsAnError) {
  settings_.plugin = PluginChoice::pgoutput;
  prepare_slot(settings_, true);
  server_->exec("DROP PUBLICATION waltrack");
  EXPECT_TRUE(holds(check(), Severity::error, "publication that the slot needs is gone"));
}

TEST_F(PreflightTest, ASlotThatIsNotOursIsAnError) {
  server_->exec("SELECT pg_create_logical_replication_slot('waltrack', 'test_decoding')",
                "elsewhere");
  const Findings findings = check();
  EXPECT_TRUE(holds(findings, Severity::error, "belongs to database elsewhere")) << shown(findings);
  EXPECT_TRUE(holds(findings, Severity::error, "test_decoding")) << shown(findings);
}

TEST_F(PreflightTest, ASlotInUseIsAWarning) {
  prepare_slot(settings_, true);
  PgConnection reading = PgConnection::open(settings_.url, PgMode::replication);
  reading.query("START_REPLICATION SLOT waltrack LOGICAL 0/0 (\"format-version\" '2')");
  EXPECT_TRUE(holds(check(), Severity::warning, "is being read by process"));
  reading = PgConnection::open(settings_.url, PgMode::plain);
  reading.query(
      "SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots WHERE "
      "active_pid IS NOT NULL");
}

TEST_F(PreflightTest, AServerThatCannotBeReachedIsTheOnlyFinding) {
  settings_.url = "host=127.0.0.1 port=1 dbname=shop user=tracker password=secret";
  const Findings findings = check_source(settings_);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_TRUE(holds(findings, Severity::error, "Connection refused", "source.url"));
  EXPECT_EQ(shown(findings).find("secret"), std::string::npos);
}

TEST(PreflightOfAnotherServer, KeepsGoingAfterAFinding) {
  PostgresOptions options;
  options.settings = {{"wal_level", "replica"}, {"max_replication_slots", "1"}};
  PostgresServer server(options);
  server.exec("CREATE ROLE plain LOGIN");
  server.exec("CREATE TABLE orders (id int)");
  server.exec("SELECT pg_create_physical_replication_slot('taken')");
  SourceSettings settings;
  settings.url = server.conninfo("postgres", "plain");
  settings.followed.tables = {{"public", "orders"}, {"public", "user"}};
  const Findings findings = check_source(settings);
  EXPECT_TRUE(holds(findings, Severity::error, "wal_level is replica", "wal_level = logical"));
  EXPECT_TRUE(holds(findings, Severity::error, "may not replicate", "REPLICATION"));
  EXPECT_TRUE(holds(findings, Severity::error, "all 1 replication slots", "max_replication_slots"));
  EXPECT_TRUE(holds(findings, Severity::error, "no table public.user"));
  EXPECT_TRUE(holds(findings, Severity::warning, "public.orders has no replica identity"));
  EXPECT_EQ(findings.size(), 5u) << shown(findings);
}

}  // namespace waltrack
