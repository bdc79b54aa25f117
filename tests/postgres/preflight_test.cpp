#include "postgres/preflight.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "postgres/preflight_role.hpp"
#include "postgres/preflight_server.hpp"
#include "postgres/slot.hpp"
#include "support/fake_clock.hpp"
#include "support/plugin_refusal.hpp"
#include "support/postgres_server.hpp"

namespace waltrack {
namespace {

using Findings = std::vector<Finding>;

bool holds(const Findings& findings, Severity severity, std::string_view what,
           std::string_view fix = {}) {
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.severity == severity && finding.what.find(what) != std::string::npos &&
           finding.fix.describe().find(fix) != std::string::npos;
  });
}

std::string shown(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += finding.code + ": " + finding.where + ": " + finding.what +
            "\n  fix: " + finding.fix.describe() + "\n";
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
    server_->exec("GRANT SELECT ON orders, clicks, recent, scratch, visits, visits_1 TO tracker");
    server_->exec("GRANT CREATE ON DATABASE postgres TO tracker");
    server_->exec("CREATE ROLE owner");
    server_->exec("ALTER TABLE orders OWNER TO owner");
    server_->exec("ALTER TABLE clicks OWNER TO owner");
    server_->exec("ALTER TABLE visits OWNER TO owner");
    server_->exec("GRANT owner TO tracker");
    server_->exec("CREATE ROLE guest LOGIN REPLICATION");
    server_->exec("CREATE ROLE plain LOGIN");
    server_->exec("CREATE DATABASE elsewhere");
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    settings_.url = server_->conninfo("postgres", "tracker");
    settings_.followed.tables = {{"public", "orders"}};
  }
  void TearDown() override {
    server_->exec(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
        "WHERE NOT temporary");
    server_->exec("DROP PUBLICATION IF EXISTS waltrack");
  }

  Findings check(const std::string& role = "tracker") {
    settings_.url = server_->conninfo("postgres", role);
    return check_source(settings_, SystemClock());
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
  EXPECT_TRUE(holds(check(), Severity::warning, "the publication lacks public.orders",
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

TEST_F(PreflightTest, APartitionThatIsNotLoggedIsFoundAndNamed) {
  server_->exec("CREATE TABLE logs (id int PRIMARY KEY) PARTITION BY RANGE (id)");
  server_->exec("CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (9)");
  server_->exec("CREATE UNLOGGED TABLE \"logs 2\" PARTITION OF logs FOR VALUES FROM (10) TO (19)");
  settings_.followed.tables = {{"public", "logs"}};
  EXPECT_TRUE(holds(check(), Severity::error, "public.logs has partitions that are unlogged",
                    "ALTER TABLE public.\"logs 2\" SET LOGGED"));
  server_->exec("DROP TABLE logs");
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
  EXPECT_TRUE(
      holds(findings, Severity::error, "may not replicate", "ALTER ROLE \"plain\" REPLICATION;"))
      << shown(findings);
}

TEST_F(PreflightTest, ARefusedWal2jsonIsAWarningForAutoAndAnErrorByName) {
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server_);
  allow("'pgoutput, test_decoding'");
  for (const char* role : {"postgres", "tracker", "guest"}) {
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
  const Findings findings = check("guest");
  EXPECT_TRUE(holds(findings, Severity::error, "may not make it",
                    "CREATE PUBLICATION \"waltrack\" FOR TABLE \"public\".\"orders\""))
      << shown(findings);
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

TEST_F(PreflightTest, ASuperuserIsAWarning) {
  EXPECT_TRUE(holds(check("postgres"), Severity::warning, "role postgres is a superuser"));
}

TEST_F(PreflightTest, ARoleThatMayReadNoTableIsToldTheGrants) {
  server_->exec("CREATE SCHEMA hidden");
  server_->exec("CREATE TABLE hidden.\"Odd Name\" (id int PRIMARY KEY)");
  settings_.followed.tables = {{"hidden", "Odd Name"}};
  const Findings findings = check("tracker");
  EXPECT_TRUE(holds(findings, Severity::warning, "may not use schema hidden",
                    "GRANT USAGE ON SCHEMA \"hidden\" TO \"tracker\";"));
  EXPECT_TRUE(holds(findings, Severity::warning, "may not read hidden.Odd Name",
                    "GRANT SELECT ON \"hidden\".\"Odd Name\" TO \"tracker\";"));
  EXPECT_EQ(findings.size(), 2u) << shown(findings);
  server_->exec("DROP SCHEMA hidden CASCADE");
}

TEST_F(PreflightTest, ClocksThatDifferAreToldWithBothTimes) {
  settings_.url = server_->conninfo("postgres", "tracker");
  const Findings findings = check_source(settings_, FakeClock(kNoonUs));
  EXPECT_TRUE(holds(findings, Severity::warning, "h ahead of this machine's")) << shown(findings);
}

TEST_F(PreflightTest, AWalSenderThatHoldsUpCommitsIsAWarning) {
  for (const char* names : {"'*'", "'FIRST 1 (one, waltrack)'"}) {
    server_->exec(std::string("ALTER SYSTEM SET synchronous_standby_names = ") + names);
    server_->reload();
    EXPECT_TRUE(holds(check(), Severity::warning, "takes waltrack for a standby")) << names;
  }
  server_->exec("ALTER SYSTEM SET synchronous_standby_names = 'one, another'");
  server_->reload();
  EXPECT_EQ(shown(check()), "");
  server_->exec("ALTER SYSTEM RESET synchronous_standby_names");
  server_->reload();
}

TEST_F(PreflightTest, AnotherSlotOfOursThatNobodyReadsIsAWarning) {
  server_->exec("SELECT pg_create_logical_replication_slot('waltrack_old', 'pgoutput')");
  EXPECT_TRUE(holds(check(), Severity::warning, "nobody reads this slot",
                    "pg_drop_replication_slot('waltrack_old')"))
      << shown(check());
}

TEST_F(PreflightTest, APartitionThatIsLessThanItsFullRootIsAnError) {
  settings_.plugin = PluginChoice::pgoutput;
  settings_.followed.tables = {{"public", "visits"}};
  server_->exec("ALTER TABLE visits REPLICA IDENTITY FULL");
  EXPECT_TRUE(holds(check(), Severity::error, "1 of its partitions have not",
                    "ALTER TABLE \"public\".\"visits_1\" REPLICA IDENTITY FULL;"))
      << shown(check());
  server_->exec("ALTER TABLE visits REPLICA IDENTITY DEFAULT");
}

TEST_F(PreflightTest, AUniqueIndexIsTheIdentityThatIsProposed) {
  settings_.plugin = PluginChoice::pgoutput;
  server_->exec("CREATE TABLE coded (code text NOT NULL UNIQUE, note text UNIQUE)");
  server_->exec("ALTER TABLE coded OWNER TO owner");
  server_->exec("GRANT SELECT ON coded TO tracker");
  settings_.followed.tables = {{"public", "coded"}};
  EXPECT_TRUE(
      holds(check(), Severity::error, "fail", "REPLICA IDENTITY USING INDEX coded_code_key"))
      << shown(check());
  server_->exec("DROP TABLE coded");
}

TEST_F(PreflightTest, AColumnListIsAWarning) {
  settings_.plugin = PluginChoice::pgoutput;
  server_->exec("CREATE PUBLICATION waltrack FOR TABLE orders (id)");
  server_->exec("ALTER PUBLICATION waltrack OWNER TO owner");
  EXPECT_TRUE(holds(check(), Severity::warning, "has a column list")) << shown(check());
}

TEST_F(PreflightTest, OtherServersMustBeCopiesOfThisOne) {
  const PostgresServer other;
  settings_.backfill_url = other.conninfo();
  settings_.primary_url = "host=127.0.0.1 port=1";
  const Findings findings = check();
  EXPECT_TRUE(holds(findings, Severity::error, "another database cluster", "source.backfill_url"))
      << shown(findings);
  EXPECT_TRUE(holds(findings, Severity::error, "source.primary_url: ")) << shown(findings);
  settings_.primary_url.clear();
  settings_.backfill_url = server_->conninfo("elsewhere");
  EXPECT_TRUE(holds(check(), Severity::error, "it leads to database elsewhere"));
}

TEST_F(PreflightTest, FailoverNeedsPostgres17) {
  if (server_->version() >= 170000)
    GTEST_SKIP() << "NOT TESTED: this server, Postgres " << server_->version() / 10000
                 << ", can copy slots";
  settings_.failover = true;
  EXPECT_TRUE(holds(check(), Severity::error, "can't copy slots", "source.failover: false"));
}

TEST(ClockDifference, TakesTheTimeOfTheAnswerForNoDifference) {
  EXPECT_EQ(clock_difference(100, 150, 200), 0);
  EXPECT_EQ(clock_difference(100, 90, 200), -10);
  EXPECT_EQ(clock_difference(100, 230, 200), 30);
}

TEST(HbaLine, IsMadeOfTheRefusal) {
  EXPECT_EQ(hba_line("no pg_hba.conf entry for host \"10.0.0.7\", user \"u\", database \"d\", "
                     "no encryption"),
            "host  \"d\"  \"u\"  10.0.0.7/32  scram-sha-256");
  EXPECT_EQ(hba_line("no pg_hba.conf entry for host \"::1\", user \"u\", database \"d\""),
            "host  \"d\"  \"u\"  ::1/128  scram-sha-256");
  EXPECT_EQ(hba_line("no pg_hba.conf entry for host \"[local]\", user \"u\", database \"d\""),
            "local  \"d\"  \"u\"  scram-sha-256");
}

TEST(Unreachable, APoolerIsToldByItsRefusal) {
  const PgError refusal = pg_error({"08P01", "unsupported startup parameter: replication", {}}, {});
  const Finding finding = unreachable("source.url", "host=db", refusal);
  EXPECT_EQ(finding.code, "pooler");
  EXPECT_NE(finding.fix.text.find("PgBouncer"), std::string::npos);
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
  const Findings findings = check_source(settings_, SystemClock());
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
  const Findings findings = check_source(settings, SystemClock());
  EXPECT_TRUE(holds(findings, Severity::error, "wal_level is replica", "wal_level = logical"));
  EXPECT_TRUE(holds(findings, Severity::error, "may not replicate", "REPLICATION"));
  EXPECT_TRUE(holds(findings, Severity::error, "all 1 replication slots", "max_replication_slots"));
  EXPECT_TRUE(holds(findings, Severity::error, "no table public.user"));
  EXPECT_TRUE(holds(findings, Severity::warning, "public.orders has no replica identity"));
  EXPECT_TRUE(holds(findings, Severity::warning, "may not read public.orders", "GRANT SELECT"));
  EXPECT_EQ(findings.size(), 6u) << shown(findings);
}

}  // namespace waltrack
