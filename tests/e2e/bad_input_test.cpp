#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"
#include "support/plugin_refusal.hpp"

namespace waltrack {
namespace {

using Needles = std::vector<std::string>;

// Nothing listens on port 9 of this machine; no test sends there.
constexpr const char* kNoReceiver = "http://127.0.0.1:9/v1/batch";

// `remedy` stands before what to do about it; empty where the cause says that already.
void expect_told(const CommandResult& result, int code, const Needles& told,
                 const std::string& remedy = "hint: ") {
  const std::string text = result.err + result.out;
  EXPECT_EQ(result.status.code, code) << text;
  for (const std::string& needle : told)
    EXPECT_NE(text.find(needle), std::string::npos) << "not told: " << needle << "\n" << text;
  if (code != 0) {
    EXPECT_NE(text.find(remedy), std::string::npos) << "no remedy:\n" << text;
  }
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("nothing to replace: " + from);
  return text.replace(at, from.size(), to);
}

// A folder whose configuration and mapping are right, before one thing is made wrong in it.
class Files {
 public:
  Files() {
    RunSettings settings;
    folder_.write("mappings/notes.yaml", Notes::kMapping);
    folder_.write("waltrack.yaml",
                  config_text(settings, "postgresql://127.0.0.1:1/x", kNoReceiver));
  }
  void edit(const std::string& file, const std::string& from, const std::string& to) {
    folder_.write(file, replaced(read_file(folder_ / file), from, to));
  }
  const TempDir& folder() const { return folder_; }
  CommandResult run() const {
    return run_waltrack({"run", "-c", "waltrack.yaml"}, folder_.path(), {{"E2E_WRITE_KEY", "key"}});
  }

 private:
  TempDir folder_;
};

}  // namespace

struct FileFault {
  std::string name;
  std::string file, from, to;  // the one edit
  Needles told;
  std::string remedy = "hint: ";  // empty: the cause says it already
};

void PrintTo(const FileFault& fault, std::ostream* out) {
  *out << fault.name;
}

class BadFiles : public testing::TestWithParam<FileFault> {};

// For each: exit code 2, place, cause and remedy.
const FileFault kFileFaults[] = {
    {"BrokenYaml",
     "waltrack.yaml",
     "  slot: waltrack\n",
     "  slot: [waltrack\n",
     {"waltrack.yaml:"}},
    {"UnknownSection",
     "waltrack.yaml",
     "source:",
     "sorce:",
     {"waltrack.yaml:1:1", "sorce", "source"}},
    {"UnknownKey",
     "waltrack.yaml",
     "slot:",
     "slott:",
     {"waltrack.yaml:3:3", "unknown key 'source.slott'", "slot"}},
    {"KeyTwice",
     "waltrack.yaml",
     "  slot: waltrack\n",
     "  slot: a\n  slot: b\n",
     {"waltrack.yaml:4:3", "slot"}},
    {"UnsetVariable",
     "waltrack.yaml",
     "E2E_WRITE_KEY",
     "E2E_NOT_SET",
     {"waltrack.yaml:7:14", "destination.write_key", "E2E_NOT_SET"}},
    {"UnknownPlugin",
     "waltrack.yaml",
     "pgoutput",
     "wal2jsn",
     {"waltrack.yaml:4:11", "takes auto, wal2json or pgoutput"},
     ""},
    {"NoLanes",
     "waltrack.yaml",
     "lanes: 8",
     "lanes: 0",
     {"waltrack.yaml:10:10", "takes a number from 1 to 64"},
     ""},
    {"NotAUrl", "waltrack.yaml", kNoReceiver, "ftp://x", {"waltrack.yaml:8:8", "destination.url"}},
    {"NoMappings", "waltrack.yaml", "mappings: mappings/", "mappings: nowhere/", {"nowhere"}},
    {"BrokenMapping",
     "mappings/notes.yaml",
     "event: Note Added",
     "event: \"Note Added",
     {"mappings/notes.yaml:5:"}},
    {"UnknownMappingKey",
     "mappings/notes.yaml",
     "track:",
     "trak:",
     {"mappings/notes.yaml:4:1", "trak", "track"}},
    {"ValueMissing",
     "mappings/notes.yaml",
     "number: number",
     "number:",
     {"mappings/notes.yaml:7:"}},
};

TEST_P(BadFiles, ExitWithTwoAndSayWhereWhatAndWhatToDo) {
  Files files;
  files.edit(GetParam().file, GetParam().from, GetParam().to);
  expect_told(files.run(), 2, GetParam().told, GetParam().remedy);
}

INSTANTIATE_TEST_SUITE_P(Fault, BadFiles, testing::ValuesIn(kFileFaults),
                         [](const auto& info) { return info.param.name; });

TEST(BadFile, AMissingConfigurationIsToldWithItsName) {
  TempDir folder;
  expect_told(run_waltrack({"run", "-c", "nowhere.yaml"}, folder.path()), 2,
              {"nowhere.yaml", "No such file"});
  expect_told(run_waltrack({"run"}, folder.path()), 2, {"waltrack.yaml", "No such file"});
}

TEST(BadFile, EverythingWrongIsToldAtOnce) {
  Files files;
  files.edit("waltrack.yaml", "slot:", "slott:");
  files.edit("waltrack.yaml", "lanes: 8", "lanes: many");
  files.edit("mappings/notes.yaml", "track:", "trak:");
  expect_told(files.run(), 2, {"slott", "lanes", "trak"});
}

TEST(BadUsage, ExitsWithTwoAndNamesTheNearest) {
  TempDir folder;
  expect_told(run_waltrack({}, folder.path()), 2, {});
  expect_told(run_waltrack({"rnu"}, folder.path()), 2, {"rnu", "run"});
  expect_told(run_waltrack({"run", "--confg", "x"}, folder.path()), 2, {"--confg"});
  expect_told(run_waltrack({"run", "-c"}, folder.path()), 2, {"--config"});
  expect_told(run_waltrack({"run", "--log-format", "xml"}, folder.path()), 2, {"xml", "json"});
  expect_told(run_waltrack({"receive", "--listen", "nonsense"}, folder.path()), 2, {"nonsense"});
  const CommandResult help = run_waltrack({"run", "--help"}, folder.path());
  expect_told(help, 0, {"Examples:", "--log-format"});
}

TEST(BadUsage, StatusWithoutAStateFileSaysSo) {
  Files files;
  expect_told(run_waltrack({"status", "-c", "waltrack.yaml"}, files.folder().path()), 1,
              {"waltrack.db"});
}

TEST(BadState, AFileThatIsNotOursIsLeftAlone) {
  Files files;
  files.folder().write("waltrack.db", "these are somebody's notes, and no database at all");
  expect_told(files.run(), 2, {"waltrack.db", "not a waltrack state file"});
  EXPECT_EQ(read_file(files.folder() / "waltrack.db"),
            "these are somebody's notes, and no database at all");
}

TEST(BadState, AFolderThatIsNotThereIsNamed) {
  Files files;
  files.edit("waltrack.yaml", "state: waltrack.db", "state: no/where/waltrack.db");
  expect_told(files.run(), 2, {"no/where", "mkdir"});
}

// What is wrong with the server is told by `run` and by `check`.
class BadServer : public testing::Test {
 protected:
  void start(PostgresOptions options = {}) {
    server_.emplace(std::move(options));
    notes_.emplace(*server_);
    settings_.mappings = Notes::kMapping;
  }

  void expect(int code, const Needles& told) {
    TestRun run(*server_, kNoReceiver, settings_);
    {
      SCOPED_TRACE("run");
      expect_told(run.command({"run"}), code, told);
    }
    SCOPED_TRACE("check");
    expect_check(code, told);
  }
  void expect_check(int code, const Needles& told) {
    TestRun run(*server_, kNoReceiver, settings_);
    const CommandResult check = run.command({"check", "--offline"});
    expect_told(check, code, told, "fix: ");
    const CommandResult json = run.command({"check", "--json", "--offline"});
    EXPECT_EQ(json.status.code, code);
    EXPECT_EQ(nlohmann::json::parse(json.out).at("ok"), code == 0);
  }

  std::optional<PostgresServer> server_;
  std::optional<Notes> notes_;
  RunSettings settings_;
};

TEST_F(BadServer, ARightOneIsFine) {
  start();
  expect_check(0, {"0 errors"});
  settings_.plugin = "wal2json";
  expect_check(0, {"0 errors"});
}

TEST_F(BadServer, Wal2jsonThatIsRefusedIsToldWithTheSetting) {
  PostgresOptions options;
  options.allow_wal2json = false;
  start(options);
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server_);
  settings_.plugin = "wal2json";
  expect(1, {"wal2json",
             "ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding, "
             "wal2json"});
  // The remedy, word for word, mends it.
  server_->exec("ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding, wal2json");
  server_->reload();
  expect_check(0, {"0 errors"});
}

TEST_F(BadServer, AnExistingSlotWhosePluginIsNowRefusedIsNotReplaced) {
  start();
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server_);
  server_->exec("SELECT pg_create_logical_replication_slot('waltrack', 'wal2json')");
  server_->configure({{"output_plugin_libraries", "'pgoutput, test_decoding'"}});
  server_->reload();
  settings_.plugin = "auto";
  expect(1, {"wal2json", "output_plugin_libraries"});
  EXPECT_EQ(server_->value("SELECT string_agg(slot_name || ' ' || plugin, ',') FROM "
                           "pg_replication_slots"),
            "waltrack wal2json");
}

TEST_F(BadServer, AutoTakesPgoutputWhereWal2jsonIsRefusedAndSaysSo) {
  PostgresOptions options;
  options.allow_wal2json = false;
  start(options);
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server_);
  settings_.plugin = "auto";
  expect_check(0, {"wal2json", "output_plugin_libraries"});
  TestReceiver receiver;
  TestRun run(*server_, receiver, settings_);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  EXPECT_NE(run.log().find("using pgoutput"), std::string::npos);
  EXPECT_EQ(server_->value("SELECT plugin FROM pg_replication_slots"), "pgoutput");
  notes_->write(3);
  EXPECT_TRUE(receiver.wait_for_known(3));
}

TEST_F(BadServer, WalLevelReplica) {
  PostgresOptions options;
  options.settings = {{"wal_level", "replica"}};
  start(options);
  expect(1, {"wal_level", "ALTER SYSTEM SET wal_level = logical", "restart"});
}

TEST_F(BadServer, NoReplicationSlotIsFree) {
  PostgresOptions options;
  options.settings = {{"max_replication_slots", "1"}};
  start(options);
  server_->exec("SELECT pg_create_physical_replication_slot('taken')");
  expect(1, {"all", "replication slots are in use", "max_replication_slots"});
}

TEST_F(BadServer, TheRoleTheDatabaseAndTheSlotAreNotRight) {
  start();
  server_->exec("CREATE ROLE plain LOGIN");
  server_->exec("GRANT SELECT ON notes TO plain");
  server_->exec("CREATE DATABASE other");
  server_->exec("SELECT pg_create_logical_replication_slot('test', 'test_decoding')");
  server_->exec("SELECT pg_create_logical_replication_slot('elsewhere', 'pgoutput')", "other");
  server_->exec("SELECT pg_create_logical_replication_slot('json', 'wal2json')");
  const RunSettings right = settings_;
  {
    SCOPED_TRACE("no REPLICATION");
    settings_.plugin = "wal2json";
    settings_.source_url = server_->conninfo("postgres", "plain");
    expect(1, {"ALTER ROLE", "plain", "REPLICATION"});
  }
  {
    SCOPED_TRACE("no such role");
    settings_.source_url = server_->conninfo("postgres", "nobody");
    expect_told(TestRun(*server_, kNoReceiver, settings_).command({"run"}), 2, {"nobody"});
  }
  settings_ = right;
  {
    SCOPED_TRACE("no such database");
    settings_.database = "shpo";
    expect_told(TestRun(*server_, kNoReceiver, settings_).command({"run"}), 2,
                {"shpo", "does not exist"});
    expect_check(1, {"shpo", "does not exist"});
  }
  settings_ = right;
  {
    SCOPED_TRACE("a slot of another plugin");
    settings_.slot = "test";
    expect_told(TestRun(*server_, kNoReceiver, settings_).command({"run"}), 2,
                {"test_decoding", "source.slot"});
    expect_check(1, {"test_decoding", "source.slot"});
  }
  {
    SCOPED_TRACE("a slot of the other plugin");
    settings_.slot = "json";
    expect_told(TestRun(*server_, kNoReceiver, settings_).command({"run"}), 2,
                {"wal2json", "source.plugin"});
    expect_check(1, {"wal2json", "source.plugin"});
  }
  {
    SCOPED_TRACE("a slot of another database");
    settings_.slot = "elsewhere";
    expect_told(TestRun(*server_, kNoReceiver, settings_).command({"run"}), 2,
                {"elsewhere", "other", "source.url"});
    expect_check(1, {"other", "source.url"});
  }
}

TEST_F(BadServer, AClosedPortEndsTheFirstStart) {
  start();
  server_->stop();
  const std::string port = std::to_string(server_->port());
  expect(1, {"127.0.0.1", port, "Connection refused"});
  settings_.source_url = "host=host.invalid dbname=postgres user=postgres";
  expect(1, {"host.invalid"});
}

TEST_F(BadServer, MappingsThatDoNotFitTheTables) {
  start();
  server_->exec("CREATE VIEW notes_view AS SELECT * FROM notes");
  const struct {
    const char *name, *from, *to;
    Needles told;
    bool has_remedy = true;
  } faults[] = {
      {"unknown column",
       "number: number",
       "number: numbr",
       {"mappings/mapping.yaml:7:15", "numbr", "number"}},
      {"unknown column in an expression",
       "number: number",
       "number: numbr + 1",
       {"mappings/mapping.yaml:7:15", "numbr"}},
      {"broken SQL",
       "number: number",
       "number: number +",
       {"mappings/mapping.yaml:7:22", "the expression ends too early"},
       false},
      {"unknown table",
       "public.notes",
       "public.note",
       {"mappings/mapping.yaml:2:8", "public.note", "public.notes"}},
      {"a view", "public.notes", "public.notes_view", {"notes_view"}},
  };
  for (const auto& fault : faults) {
    SCOPED_TRACE(fault.name);
    settings_.mappings = replaced(Notes::kMapping, fault.from, fault.to);
    TestRun run(*server_, kNoReceiver, settings_);
    expect_told(run.command({"run"}), 2, fault.told, fault.has_remedy ? "hint: " : "");
    expect_told(run.command({"check", "--offline"}), 2, fault.told,
                fault.has_remedy ? "fix: " : "");
  }
  EXPECT_EQ(server_->value("SELECT count(*) FROM pg_replication_slots"), "0");
  EXPECT_EQ(server_->value("SELECT count(*) FROM pg_publication"), "0");
}

}  // namespace waltrack
