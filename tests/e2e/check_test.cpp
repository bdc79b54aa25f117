// `waltrack check` on servers that are broken in every way: it finds all of it in one run, and what
// it says mends it.

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"
#include "support/plugin_refusal.hpp"
#include "support/postgres_install.hpp"

namespace waltrack {
namespace {

using Codes = std::set<std::string>;

constexpr const char* kNotes = Notes::kMapping;

std::string shown(const Codes& codes) {
  std::string text;
  for (const std::string& code : codes)
    text += code + " ";
  return text;
}

struct Checked {
  Codes errors, warnings;
  nlohmann::json report;
  int exit_code = -1;

  std::string fix_of(const std::string& code) const {
    for (const auto& finding : report["findings"]) {
      if (finding["code"] == code) return finding["fix"];
    }
    return "no such finding: " + code;
  }
};

Checked check(const TestRun& run, std::vector<std::string> more = {}) {
  std::vector<std::string> args = {"check", "--json"};
  args.insert(args.end(), more.begin(), more.end());
  const CommandResult result = run.command(args);
  Checked checked;
  checked.exit_code = result.status.code;
  checked.report = nlohmann::json::parse(result.out, nullptr, false);
  EXPECT_FALSE(checked.report.is_discarded()) << result.out << result.err;
  if (checked.report.is_discarded()) return checked;
  for (const auto& finding : checked.report["findings"]) {
    (finding["severity"] == "error" ? checked.errors : checked.warnings).insert(finding["code"]);
  }
  return checked;
}

void psql(const PostgresServer& server, const std::string& script) {
  TempDir folder;
  folder.write("fix.sql", script);
  ChildOptions options;
  options.args = {(find_postgres("").bin_dir / "psql").string(),
                  server.conninfo(),
                  "-X",
                  "-q",
                  "-v",
                  "ON_ERROR_STOP=1",
                  "-f",
                  (folder / "fix.sql").string()};
  options.stdout_file = folder / "out";
  options.stderr_file = folder / "out";
  const ExitStatus status = ChildProcess::run(options);
  EXPECT_EQ(status, (ExitStatus{0, 0})) << read_file(folder / "out") << "\n" << script;
}

// The script that --fix-sql prints, run twice, as the superuser.
void apply_fix(const TestRun& run, const std::vector<const PostgresServer*>& servers) {
  const CommandResult script = run.command({"check", "--fix-sql", "--offline"});
  for (const PostgresServer* server : servers) {
    psql(*server, script.out);
    psql(*server, script.out);
  }
}

// What a person runs who has made the choice.
void apply_choice(const Checked& checked, const std::string& code, const PostgresServer& server) {
  for (const auto& finding : checked.report["findings"]) {
    if (finding["code"] != code) continue;
    EXPECT_EQ(finding["choice"], true);
    for (const auto& statement : finding["sql"])
      psql(server, statement["statement"]);
    if (finding["then"] == "reload") psql(server, "SELECT pg_reload_conf();");
  }
}

void restart(PostgresServer& server) {
  server.restart();
}

class CheckTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<PostgresServer>();
    server_->exec("CREATE ROLE tracker LOGIN REPLICATION PASSWORD 'secret'");
    Notes notes(*server_);
    server_->exec("GRANT SELECT ON notes TO tracker");
  }
  static void TearDownTestSuite() { server_.reset(); }

  void TearDown() override {
    server_->exec(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active");
    server_->exec("DROP PUBLICATION IF EXISTS waltrack");
  }

  static RunSettings settings_for(const PostgresServer& server, const std::string& plugin,
                                  const std::string& mappings = kNotes) {
    RunSettings settings;
    settings.mappings = mappings;
    settings.plugin = plugin;
    settings.source_url = server.conninfo("postgres", "tracker");
    return settings;
  }

  static void publish() {
    server_->exec(
        "CREATE PUBLICATION waltrack FOR TABLE notes WITH (publish_via_partition_root = true)");
  }

  static std::unique_ptr<PostgresServer> server_;
  TestReceiver receiver_;
};
std::unique_ptr<PostgresServer> CheckTest::server_;

}  // namespace

#define EXPECT_CODES(found, ...) EXPECT_EQ(shown(found), shown(Codes{__VA_ARGS__}))

TEST_F(CheckTest, AServerInOrderHasNoFinding) {
  publish();
  TestRun run(*server_, receiver_, settings_for(*server_, "pgoutput"));
  const Checked checked = check(run);
  EXPECT_EQ(checked.report["findings"].dump(2), "[]");
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_EQ(checked.report["database"], "postgres");
  EXPECT_NE(run.command({"check", "--fix-sql"}).out.find("nothing to mend"), std::string::npos);
  EXPECT_EQ(receiver_.stats().at("events"), 0) << receiver_.stats().dump();
}

TEST_F(CheckTest, AServerThatNobodyPreparedIsToldWhole) {
  PostgresOptions options;
  options.settings = {{"wal_level", "replica"}, {"max_replication_slots", "1"}};
  PostgresServer server(options);
  server.exec("CREATE ROLE tracker LOGIN");
  server.exec("SELECT pg_create_physical_replication_slot('taken')");
  server.exec("CREATE SCHEMA \"Shop\"");
  server.exec("CREATE TABLE \"Shop\".notes (number int PRIMARY KEY, user_id text NOT NULL)");
  server.exec("CREATE UNLOGGED TABLE visits (number int PRIMARY KEY, user_id text NOT NULL)");
  TestRun run(server, receiver_, settings_for(server, "pgoutput", R"yaml(
table: ['"Shop".notes', visits]
user_id: user_id
track:
  - event: Note Added
    properties: { number: number }
)yaml"));
  const Checked before = check(run);
  EXPECT_CODES(before.errors, "wal_level", "slots_full", "role_replication", "table_unlogged",
               "publication_missing");
  EXPECT_CODES(before.warnings, "grant_usage", "grant_select");
  EXPECT_EQ(before.exit_code, 1);
  apply_fix(run, {&server});
  restart(server);
  const Checked after = check(run);
  EXPECT_EQ(after.report["findings"].dump(2), "[]");
  run.start();
  EXPECT_TRUE(run.wait_until_streaming());
  EXPECT_EQ(run.stop(), (ExitStatus{0, 0}));
}

TEST_F(CheckTest, WalSendersThatAreAllTakenAreFound) {
  PostgresOptions options;
  options.settings = {{"max_wal_senders", "1"}};
  PostgresServer server(options);
  Notes notes(server);
  server.exec("CREATE ROLE tracker LOGIN REPLICATION");
  server.exec("GRANT SELECT ON notes TO tracker");
  TestRun run(server, receiver_, settings_for(server, "wal2json"));
  {
    pqxx::connection sender(server.conninfo() + " replication=database");
    EXPECT_CODES(check(run).errors, "wal_senders_full");
    apply_fix(run, {&server});
  }
  restart(server);
  pqxx::connection sender(server.conninfo() + " replication=database");
  EXPECT_EQ(check(run).report["findings"].dump(2), "[]");
}

TEST_F(CheckTest, TheLineThatPgHbaLacksIsPrintedAsItMustStand) {
  publish();
  const std::string path = server_->data_dir() / "pg_hba.conf";
  const std::string before = read_file(path);
  const auto write = [&](const std::string& text) {
    std::ofstream(path) << text;
    server_->reload();
  };
  const std::string others = "host all postgres 127.0.0.1/32 trust\n";
  write(others);
  RunSettings settings = settings_for(*server_, "pgoutput");
  settings.source_url += " password=secret";
  TestRun run(*server_, receiver_, settings);
  const Checked refused = check(run);
  EXPECT_CODES(refused.errors, "pg_hba");
  const std::string fix = refused.fix_of("pg_hba");
  write(fix.substr(fix.find('\n') + 1) + "\n" + others);
  EXPECT_EQ(check(run).report["findings"].dump(2), "[]") << fix;
  write(before);
}

TEST_F(CheckTest, ALoginThatIsRefusedIsToldFromAnAbsentDatabase) {
  server_->exec("CREATE DATABASE closed");
  server_->exec("REVOKE CONNECT ON DATABASE closed FROM public");
  RunSettings settings = settings_for(*server_, "pgoutput");
  settings.source_url = server_->conninfo("nowhere", "tracker");
  EXPECT_CODES(check(TestRun(*server_, receiver_, settings)).errors, "database_missing");
  settings.source_url = server_->conninfo("postgres", "nobody");
  EXPECT_CODES(check(TestRun(*server_, receiver_, settings)).errors, "login");
  settings.source_url = server_->conninfo("closed", "tracker");
  const Checked closed = check(TestRun(*server_, receiver_, settings));
  EXPECT_CODES(closed.errors, "grant_connect");
  server_->exec(closed.fix_of("grant_connect"));
  EXPECT_FALSE(check(TestRun(*server_, receiver_, settings)).errors.contains("grant_connect"));
  settings.source_url = "host=127.0.0.1 port=1 user=tracker";
  EXPECT_CODES(check(TestRun(*server_, receiver_, settings)).errors, "connection");
  server_->exec("DROP DATABASE closed");
}

TEST_F(CheckTest, APublicationThatSomebodyElseMadeIsMended) {
  server_->exec("CREATE TABLE clicks (number int NOT NULL, user_id text NOT NULL)");
  server_->exec("GRANT SELECT ON clicks TO tracker");
  server_->exec(
      "CREATE PUBLICATION waltrack FOR TABLE notes WHERE (number > 5) WITH (publish = 'insert')");
  const std::string mapping =
      "table: [notes, clicks]\nuser_id: user_id\ntrack:\n  - event: Note "
      "Added\n    properties: { number: number }\n";
  TestRun run(*server_, receiver_, settings_for(*server_, "pgoutput", mapping));
  const Checked before = check(run);
  EXPECT_CODES(before.errors, "publication_filter", "publication_tables");
  EXPECT_CODES(before.warnings, "publication_operations");
  apply_fix(run, {server_.get()});
  // Published, updates would fail for the application on a table without a key: a choice.
  EXPECT_CODES(check(run).errors);
  server_->exec("UPDATE clicks SET number = number");
  server_->exec("ALTER TABLE clicks REPLICA IDENTITY FULL");
  apply_choice(before, "publication_operations", *server_);
  server_->exec("UPDATE clicks SET number = number");
  EXPECT_EQ(check(run).report["findings"].dump(2), "[]");
  run.start();
  EXPECT_TRUE(run.wait_until_streaming());
  run.kill();
  server_->exec("DROP TABLE clicks");
}

TEST_F(CheckTest, ATableWithoutIdentityIsAnErrorBeforeItIsPublished) {
  server_->exec("CREATE TABLE clicks (number int NOT NULL UNIQUE, user_id text NOT NULL)");
  server_->exec("GRANT SELECT ON clicks TO tracker");
  TestRun run(*server_, receiver_,
              settings_for(*server_, "pgoutput",
                           "table: clicks\nuser_id: user_id\ntrack:\n  - event: Link Clicked\n"));
  EXPECT_CODES(check(run).errors, "publication_identity", "publication_missing");
  apply_fix(run, {server_.get()});
  EXPECT_EQ(check(run).report["findings"].dump(2), "[]");
  server_->exec("DROP TABLE clicks");
}

TEST_F(CheckTest, RulesThatReadOldRowsGetTheIdentityTheyNeed) {
  server_->exec("CREATE TABLE plans (id int PRIMARY KEY, user_id text NOT NULL, tier text)");
  server_->exec(
      "CREATE TABLE \"Odd Plans\" (id int PRIMARY KEY, user_id text NOT NULL, tier text) "
      "PARTITION BY RANGE (id)");
  server_->exec("CREATE TABLE odd_1 PARTITION OF \"Odd Plans\" FOR VALUES FROM (0) TO (10)");
  server_->exec("GRANT SELECT ON plans, \"Odd Plans\" TO tracker");
  TestRun run(*server_, receiver_, settings_for(*server_, "pgoutput", R"yaml(
table: [plans, '"Odd Plans"']
user_id: user_id
track:
  - event: Plan Changed
    on: update
    when: changed.tier
    properties: { tier: tier, was: old.tier }
  - event: Plan Ended
    on: delete
    properties: { tier: tier }
)yaml"));
  const Checked before = check(run);
  EXPECT_CODES(before.errors, "replica_identity", "publication_missing");
  EXPECT_EQ(before.exit_code, 2);
  apply_fix(run, {server_.get()});
  EXPECT_EQ(check(run).report["findings"].dump(2), "[]");
  server_->exec("DROP TABLE plans, \"Odd Plans\"");
}

TEST_F(CheckTest, ASlotThatIsLostIsToldWithItsCauseAndMayBeMadeAnew) {
  publish();
  TestRun run(*server_, receiver_, settings_for(*server_, "pgoutput"));
  server_->exec("SELECT pg_create_logical_replication_slot('waltrack', 'pgoutput')");
  server_->exec("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
  server_->reload();
  EXPECT_CODES(check(run).warnings, "headroom_setting");
  for (int i = 0; i < 3; ++i) {
    server_->exec("SELECT pg_logical_emit_message(false, '', 'x')");
    server_->exec("SELECT pg_switch_wal()");
    server_->exec("CHECKPOINT");
  }
  const Checked lost = check(run);
  EXPECT_CODES(lost.errors, "slot_lost");
  EXPECT_NE(lost.report.dump().find("max_slot_wal_keep_size is 1MB"), std::string::npos);
  server_->exec("ALTER SYSTEM RESET max_slot_wal_keep_size");
  server_->reload();
  apply_fix(run, {server_.get()});
  EXPECT_EQ(check(run).report["findings"].dump(2), "[]");
}

TEST_F(CheckTest, LittleHeadroomIsAWarningThatTheSettingMends) {
  publish();
  server_->exec("SELECT pg_create_logical_replication_slot('waltrack', 'pgoutput')");
  server_->exec("ALTER SYSTEM SET max_slot_wal_keep_size = '1100MB'");
  server_->reload();
  for (int i = 0; i < 6; ++i) {
    server_->exec("SELECT pg_logical_emit_message(false, '', 'x')");
    server_->exec("SELECT pg_switch_wal()");
  }
  TestRun run(*server_, receiver_, settings_for(*server_, "pgoutput"));
  const Checked before = check(run);
  EXPECT_CODES(before.warnings, "headroom");
  apply_fix(run, {server_.get()});  // leaves it: it costs disk
  EXPECT_CODES(check(run).warnings, "headroom");
  apply_choice(before, "headroom", *server_);
  EXPECT_EQ(check(run).report["findings"].dump(2), "[]");
  server_->exec("ALTER SYSTEM RESET max_slot_wal_keep_size");
  server_->reload();
}

TEST_F(CheckTest, ASlotOfAnotherDatabaseOrPluginIsNotOurs) {
  server_->exec("CREATE DATABASE elsewhere");
  server_->exec("SELECT pg_create_logical_replication_slot('waltrack', 'test_decoding')",
                "elsewhere");
  RunSettings settings = settings_for(*server_, "wal2json");
  const Checked checked = check(TestRun(*server_, receiver_, settings));
  EXPECT_CODES(checked.errors, "slot_other_database", "slot_plugin");
  settings.slot = "waltrack_of_this";
  EXPECT_EQ(check(TestRun(*server_, receiver_, settings)).report["findings"].dump(2), "[]");
  server_->exec("SELECT pg_drop_replication_slot('waltrack')", "elsewhere");
  server_->exec("DROP DATABASE elsewhere");
}

TEST_F(CheckTest, AReceiverThatIsNotThereOrTakesNoKeyIsFound) {
  publish();
  const RunSettings settings = settings_for(*server_, "pgoutput");
  const PortClaim nobody;
  const std::string away = "http://127.0.0.1:" + std::to_string(nobody.port()) + "/v1/batch";
  TestRun unreachable(*server_, away, settings);
  EXPECT_CODES(check(unreachable).errors, "destination_unreachable");
  EXPECT_EQ(check(unreachable, {"--offline"}).report["findings"].dump(2), "[]");

  TestRun run(*server_, receiver_, settings);
  receiver_.control(R"({"answer": 401, "count": 1})");
  const Checked refused = check(run);
  EXPECT_CODES(refused.errors, "destination_key");
  EXPECT_NE(refused.fix_of("destination_key").find("destination.write_key"), std::string::npos);
  receiver_.control(R"({"answer": 503, "count": 1})");
  EXPECT_CODES(check(run).warnings, "destination_busy");
  receiver_.control(R"({"answer": 400, "count": 1})");
  EXPECT_EQ(check(run).exit_code, 0);

  std::string elsewhere = receiver_.batch_url();
  elsewhere.replace(elsewhere.rfind("/v1/batch"), std::string::npos, "/v1/nothing");
  EXPECT_CODES(check(TestRun(*server_, elsewhere, settings)).errors, "destination_url");
}

TEST_F(CheckTest, AStateFileThatHasNoPlaceIsFound) {
  publish();
  TestRun run(*server_, receiver_, settings_for(*server_, "pgoutput"));
  std::string config = read_file(run.folder() / "waltrack.yaml");
  config.replace(config.find("state: waltrack.db"), 18, "state: gone/waltrack.db");
  run.folder().write("waltrack.yaml", config);
  EXPECT_CODES(check(run).errors, "state_file");
}

namespace {

// Of Postgres 17, whose list of output plugins can be set.
class CheckOfPlugins : public CheckTest {
 protected:
  void SetUp() override {
    WALTRACK_NEEDS_POSTGRES("17");
    PostgresOptions options;
    options.version = "17";
    options.allow_wal2json = false;
    server17_ = std::make_unique<PostgresServer>(options);
    server17_->exec("CREATE ROLE tracker LOGIN REPLICATION");
    Notes notes(*server17_);
    server17_->exec("GRANT SELECT ON notes TO tracker");
  }
  void set_list(const std::string& list) {
    server17_->exec("ALTER SYSTEM SET output_plugin_libraries = " + list);
    server17_->reload();
  }
  std::string list() { return server17_->value("SHOW output_plugin_libraries"); }

  std::unique_ptr<PostgresServer> server17_;
};

}  // namespace

TEST_F(CheckOfPlugins, ARefusedPluginIsAllowedBesideWhatTheListHas) {
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server17_);
  set_list("pgoutput, decoderbufs");
  for (const char* role : {"tracker", "postgres"}) {
    SCOPED_TRACE(role);
    RunSettings settings = settings_for(*server17_, "wal2json");
    settings.source_url = server17_->conninfo("postgres", role);
    TestRun run(*server17_, receiver_, settings);
    EXPECT_CODES(check(run).errors, "plugin_refused");
  }
  TestRun run(*server17_, receiver_, settings_for(*server17_, "wal2json"));
  apply_fix(run, {server17_.get()});
  EXPECT_EQ(list(), "pgoutput, decoderbufs, wal2json");
  EXPECT_EQ(check(run).report["findings"].dump(2), "[]");
}

TEST_F(CheckOfPlugins, AListInOnePairOfQuotesIsToldForWhatItIs) {
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server17_);
  server17_->exec("CREATE PUBLICATION waltrack FOR TABLE notes WITH (publish_via_partition_root)");
  for (const char* plugin : {"auto", "wal2json", "pgoutput"}) {
    for (const char* role : {"tracker", "postgres"}) {
      SCOPED_TRACE(std::string(plugin) + " " + role);
      set_list("'pgoutput, test_decoding, wal2json'");
      RunSettings settings = settings_for(*server17_, plugin);
      settings.source_url = server17_->conninfo("postgres", role);
      TestRun run(*server17_, receiver_, settings);
      EXPECT_CODES(check(run).errors, "plugin_list_quoted");
      apply_fix(run, {server17_.get()});
      EXPECT_EQ(list(), "pgoutput, test_decoding, wal2json");
      EXPECT_CODES(check(run).errors);
    }
  }
}

TEST_F(CheckOfPlugins, AStandbyAndItsPrimaryAreMendedByOneScript) {
  StandbyOptions options;
  options.hot_standby_feedback = false;
  const std::unique_ptr<PostgresServer> standby = PostgresServer::standby_of(*server17_, options);
  server17_->exec("ALTER ROLE tracker NOREPLICATION");
  server17_->exec("REVOKE SELECT ON notes FROM tracker");
  ASSERT_TRUE(standby->wait_replayed(*server17_));
  RunSettings settings = settings_for(*server17_, "pgoutput");
  settings.source_url = standby->conninfo("postgres", "tracker");
  TestRun run(*standby, receiver_, settings);
  const Checked before = check(run);
  EXPECT_CODES(before.errors, "standby_feedback", "role_replication", "publication_missing");
  EXPECT_CODES(before.warnings, "grant_select", "standby_primary_url");
  apply_fix(run, {server17_.get(), standby.get()});
  ASSERT_TRUE(standby->wait_replayed(*server17_));
  EXPECT_CODES(check(run).errors);

  std::string config = read_file(run.folder() / "waltrack.yaml");
  config.insert(config.find("  slot:"),
                "  primary_url: \"" + server17_->conninfo("postgres", "tracker") + "\"\n");
  run.folder().write("waltrack.yaml", config);
  EXPECT_CODES(check(run).warnings, "primary_snapshot");
  apply_fix(run, {server17_.get()});
  EXPECT_EQ(check(run).report["findings"].dump(2), "[]");
}

TEST_F(CheckOfPlugins, FailoverLooksAtTheStandbysThatTheUrlNames) {
  const std::unique_ptr<PostgresServer> standby = PostgresServer::standby_of(*server17_);
  server17_->exec("CREATE PUBLICATION waltrack FOR TABLE notes WITH (publish_via_partition_root)");
  RunSettings settings = settings_for(*server17_, "pgoutput");
  settings.source_url = "host=127.0.0.1,127.0.0.1 port=" + std::to_string(server17_->port()) + "," +
                        std::to_string(standby->port()) +
                        " dbname=postgres user=tracker target_session_attrs=read-write";
  TestRun run(*server17_, receiver_, settings);
  std::string config = read_file(run.folder() / "waltrack.yaml");
  config.insert(config.find("  slot:"), "  failover: true\n");
  run.folder().write("waltrack.yaml", config);
  const Checked before = check(run);
  EXPECT_CODES(before.errors, "failover_standby");
  EXPECT_CODES(before.warnings, "failover_synchronized");
  apply_fix(run, {server17_.get()});  // has nothing for the primary
  EXPECT_EQ(server17_->value("SHOW sync_replication_slots"), "off");
  apply_fix(run, {standby.get()});
  EXPECT_CODES(check(run).errors);
}

}  // namespace waltrack
