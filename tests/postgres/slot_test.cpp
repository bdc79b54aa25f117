#include "postgres/slot.hpp"

#include <gtest/gtest.h>

#include "support/plugin_refusal.hpp"
#include "support/postgres_server.hpp"

namespace waltrack {
namespace {

constexpr const char* kAllowance = "output_plugin_libraries";

class SlotTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<PostgresServer>();
    server_->exec("CREATE TABLE orders (id int PRIMARY KEY)");
    server_->exec("CREATE ROLE plain LOGIN");
    server_->exec("CREATE ROLE tracker LOGIN REPLICATION");
    server_->exec("CREATE DATABASE elsewhere");
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    settings_.url = server_->conninfo();
    settings_.followed.tables = {{"public", "orders"}};
  }
  void TearDown() override {
    server_->exec("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    server_->exec("DROP PUBLICATION IF EXISTS waltrack");
  }

  PreparedSlot prepare(PluginChoice plugin, bool may_create = true) {
    settings_.plugin = plugin;
    return prepare_slot(settings_, may_create);
  }
  Error refusal(PluginChoice plugin, bool may_create = true) {
    try {
      prepare(plugin, may_create);
    } catch (const Error& error) {
      return error;
    }
    throw std::runtime_error("it was prepared");
  }
  static std::string slots() { return server_->value("SELECT count(*) FROM pg_replication_slots"); }

  // While it lives the server refuses wal2json.
  struct Wal2jsonRefused {
    Wal2jsonRefused() { set("'pgoutput, test_decoding'"); }
    ~Wal2jsonRefused() { set("'pgoutput, test_decoding, wal2json'"); }
    static void set(const char* list) {
      server_->configure({{kAllowance, list}});
      server_->reload();
    }
  };
  static std::unique_ptr<PostgresServer> server_;
  SourceSettings settings_;
};
std::unique_ptr<PostgresServer> SlotTest::server_;

bool says(const Error& error, std::string_view part) {
  return error.describe().find(part) != std::string::npos;
}

}  // namespace

TEST_F(SlotTest, IsMadeOnceAndThenUsedAgain) {
  for (const PluginChoice choice : {PluginChoice::wal2json, PluginChoice::pgoutput}) {
    settings_.slot = choice == PluginChoice::wal2json ? "first" : "second";
    const PreparedSlot made = prepare(choice);
    EXPECT_TRUE(made.created_now);
    EXPECT_FALSE(made.confirmed.is_none());
    EXPECT_EQ(made.plugin == Plugin::wal2json, choice == PluginChoice::wal2json);
    const PreparedSlot again = prepare(PluginChoice::automatic, false);
    EXPECT_FALSE(again.created_now);
    EXPECT_EQ(again.plugin, made.plugin);
    EXPECT_EQ(again.confirmed, made.confirmed);
  }
}

TEST_F(SlotTest, AutomaticPrefersWal2jsonWhereItIsAllowed) {
  EXPECT_EQ(prepare(PluginChoice::automatic).plugin, Plugin::wal2json);
  EXPECT_EQ(server_->value("SELECT count(*) FROM pg_publication"), "0");
}

TEST_F(SlotTest, AutomaticTakesPgoutputWhereWal2jsonIsRefusedAndSaysSo) {
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server_);
  const Wal2jsonRefused refused;
  testing::internal::CaptureStderr();
  const PreparedSlot slot = prepare(PluginChoice::automatic);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(slot.plugin, Plugin::pgoutput);
  EXPECT_EQ(server_->value("SELECT pubname FROM pg_publication"), "waltrack");
  EXPECT_NE(log.find("does not allow wal2json"), std::string::npos) << log;
  EXPECT_NE(log.find("SET output_plugin_libraries = pgoutput, test_decoding, wal2json"),
            std::string::npos)
      << log;
}

TEST_F(SlotTest, ARoleThatIsNoSuperuserSeesTheRefusalToo) {
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server_);
  const Wal2jsonRefused refused;
  server_->exec("CREATE PUBLICATION waltrack FOR TABLE orders WITH (publish_via_partition_root)");
  settings_.url = server_->conninfo("postgres", "tracker");
  testing::internal::CaptureStderr();
  const PreparedSlot slot = prepare(PluginChoice::automatic);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(slot.plugin, Plugin::pgoutput);
  EXPECT_NE(log.find("does not allow wal2json"), std::string::npos) << log;
}

TEST_F(SlotTest, Wal2jsonByNameIsRefusedWithTheFix) {
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server_);
  const Wal2jsonRefused refused;
  const Error error = refusal(PluginChoice::wal2json);
  EXPECT_FALSE(error.is_transient());
  EXPECT_TRUE(says(error, "may not be used as an output plugin")) << error.describe();
  EXPECT_TRUE(
      says(error, "ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding, wal2json;"));
  EXPECT_EQ(slots(), "0");
}

TEST_F(SlotTest, TheFixThatIsToldMendsIt) {
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server_);
  const Wal2jsonRefused refused;
  server_->exec("ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding, wal2json");
  server_->reload();
  EXPECT_EQ(prepare(PluginChoice::automatic).plugin, Plugin::wal2json);
  server_->exec("ALTER SYSTEM RESET output_plugin_libraries");
}

TEST_F(SlotTest, AnExistingWal2jsonSlotIsRefusedWithTheFixAndKept) {
  prepare(PluginChoice::wal2json);
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server_);
  const Wal2jsonRefused refused;
  const Error error = refusal(PluginChoice::automatic);
  EXPECT_TRUE(says(error, "may not be used as an output plugin")) << error.describe();
  EXPECT_TRUE(says(error, "SET output_plugin_libraries = "));
  EXPECT_EQ(server_->value("SELECT plugin FROM pg_replication_slots"), "wal2json");
}

TEST_F(SlotTest, AutomaticTakesPgoutputWhereWal2jsonIsNotInstalled) {
  TempDir libraries;
  std::filesystem::permissions(libraries.path(), std::filesystem::perms(0755));
  const std::string folder =
      server_->value("SELECT setting FROM pg_config WHERE name = 'PKGLIBDIR'");
  std::filesystem::create_symlink(folder + "/pgoutput.so", libraries / "pgoutput.so");
  const auto set_path = [&](const std::string& path) {
    server_->configure({{"dynamic_library_path", "'" + path + "'"}});
    server_->reload();
  };
  set_path(libraries.path().string());
  testing::internal::CaptureStderr();
  const Error by_name = refusal(PluginChoice::wal2json);
  const PreparedSlot slot = prepare(PluginChoice::automatic);
  const std::string log = testing::internal::GetCapturedStderr();
  set_path("$libdir");
  EXPECT_TRUE(says(by_name, "could not access file \"wal2json\"")) << by_name.describe();
  EXPECT_TRUE(says(by_name, "install"));
  EXPECT_EQ(slot.plugin, Plugin::pgoutput);
  EXPECT_NE(log.find("has no wal2json"), std::string::npos) << log;
}

TEST_F(SlotTest, KeepsItsPluginAgainstTheConfiguration) {
  prepare(PluginChoice::pgoutput);
  const Error error = refusal(PluginChoice::wal2json);
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_TRUE(says(error, "pgoutput"));
}

TEST_F(SlotTest, WithoutItsPublicationIsRefusedBecauseANewOneComesTooLate) {
  prepare(PluginChoice::pgoutput);
  server_->exec("DROP PUBLICATION waltrack");
  const Error error = refusal(PluginChoice::automatic, false);
  EXPECT_EQ(error.kind(), ErrorKind::failure);
  EXPECT_TRUE(says(error, "publication \"waltrack\" does not exist")) << error.describe();
  EXPECT_TRUE(says(error, "waltrack drop && waltrack run"));
  EXPECT_EQ(server_->value("SELECT count(*) FROM pg_publication"), "0");
}

TEST_F(SlotTest, GetsATableThatWasMappedLaterIntoItsPublication) {
  server_->exec("CREATE TABLE refunds (id int PRIMARY KEY)");
  prepare(PluginChoice::pgoutput);
  settings_.followed.tables.push_back({"public", "refunds"});
  prepare(PluginChoice::pgoutput, false);
  const std::string published = server_->value("SELECT count(*) FROM pg_publication_tables");
  server_->exec("DROP TABLE refunds");
  EXPECT_EQ(published, "2");
}

TEST_F(SlotTest, OfAnotherPluginOrAPhysicalOneIsUsage) {
  settings_.slot = "strange";
  server_->exec("SELECT pg_create_logical_replication_slot('strange', 'test_decoding')");
  EXPECT_EQ(refusal(PluginChoice::automatic).kind(), ErrorKind::usage);
  settings_.slot = "physical";
  server_->exec("SELECT pg_create_physical_replication_slot('physical')");
  EXPECT_EQ(refusal(PluginChoice::automatic).kind(), ErrorKind::usage);
}

TEST_F(SlotTest, OfAnotherDatabaseIsUsageAndNamesIt) {
  server_->exec("SELECT pg_create_logical_replication_slot('waltrack', 'pgoutput')", "elsewhere");
  const Error error = refusal(PluginChoice::automatic);
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_TRUE(says(error, "elsewhere"));
}

TEST_F(SlotTest, ThatIsMissingIsNotMadeWhenItMustBeThere) {
  const Error error = refusal(PluginChoice::automatic, false);
  EXPECT_EQ(error.kind(), ErrorKind::failure);
  EXPECT_TRUE(says(error, "does not exist"));
  EXPECT_TRUE(says(error, "waltrack drop && waltrack run"));
  EXPECT_EQ(slots(), "0");
}

TEST_F(SlotTest, NeedsTheRoleToReplicate) {
  settings_.url = server_->conninfo("postgres", "plain");
  const Error error = refusal(PluginChoice::automatic);
  EXPECT_FALSE(error.is_transient());
  EXPECT_TRUE(says(error, "ALTER ROLE plain REPLICATION")) << error.describe();
}

TEST_F(SlotTest, WithAnImpossibleNameIsUsage) {
  settings_.slot = "No-Such\"'Name";
  EXPECT_EQ(refusal(PluginChoice::automatic).kind(), ErrorKind::usage);
}

TEST_F(SlotTest, IsNotMadeWithoutTheSqlForThePublication) {
  settings_.url = server_->conninfo("postgres", "tracker");
  const Error error = refusal(PluginChoice::pgoutput);
  EXPECT_TRUE(says(error, "CREATE PUBLICATION \"waltrack\" FOR TABLE \"public\".\"orders\""));
  EXPECT_EQ(slots(), "0");
}

TEST_F(SlotTest, CannotBeMadeWhileAnOlderTransactionIsOpen) {
  pqxx::connection connection = server_->connect();
  pqxx::work open(connection);
  open.exec("INSERT INTO orders VALUES (1)");
  settings_.plugin = PluginChoice::wal2json;
  try {
    prepare_slot(settings_, true, std::chrono::milliseconds(300));
    FAIL() << "it was made";
  } catch (const Error& error) {
    EXPECT_TRUE(error.is_transient());
    EXPECT_TRUE(says(error, "older transactions")) << error.describe();
  }
  EXPECT_EQ(slots(), "0");
}

TEST_F(SlotTest, TellsItsState) {
  const PreparedSlot made = prepare(PluginChoice::pgoutput);
  PgConnection connection = PgConnection::open(settings_.url, PgMode::replication);
  const std::optional<SlotState> state = read_slot(connection, "waltrack");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->plugin, "pgoutput");
  EXPECT_EQ(state->database, "postgres");
  EXPECT_EQ(state->confirmed, made.confirmed);
  EXPECT_LE(state->restart, state->confirmed);
  EXPECT_EQ(state->wal_status, "reserved");
  EXPECT_FALSE(state->active_pid);
  EXPECT_FALSE(read_slot(connection, "it's \"odd\""));
}

TEST(SlotOnAnotherServer, NeedsWalLevelLogical) {
  PostgresOptions options;
  options.settings = {{"wal_level", "replica"}};
  PostgresServer server(options);
  SourceSettings settings;
  settings.url = server.conninfo();
  try {
    prepare_slot(settings, true);
    FAIL() << "it was prepared";
  } catch (const Error& error) {
    EXPECT_FALSE(error.is_transient());
    EXPECT_TRUE(says(error, "ALTER SYSTEM SET wal_level = logical")) << error.describe();
  }
}

TEST(SlotOnAnotherServer, NeedsAFreeOne) {
  PostgresOptions options;
  options.settings = {{"max_replication_slots", "1"}};
  PostgresServer server(options);
  server.exec("SELECT pg_create_physical_replication_slot('taken')");
  SourceSettings settings;
  settings.url = server.conninfo();
  try {
    prepare_slot(settings, true);
    FAIL() << "it was prepared";
  } catch (const Error& error) {
    EXPECT_FALSE(error.is_transient());
    EXPECT_TRUE(says(error, "max_replication_slots")) << error.describe();
  }
}

TEST(SlotOnAnotherServer, ThatIsLostSaysSo) {
  PostgresOptions options;
  options.settings = {{"max_slot_wal_keep_size", "1MB"}, {"max_wal_size", "32MB"}};
  PostgresServer server(options);
  SourceSettings settings;
  settings.url = server.conninfo();
  prepare_slot(settings, true);
  for (int i = 0; i < 4; ++i)
    server.exec("SELECT pg_switch_wal(), pg_logical_emit_message(false, 'x', repeat('y', 1000))");
  server.exec("CHECKPOINT");
  try {
    prepare_slot(settings, false);
    FAIL() << "it was prepared";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    EXPECT_TRUE(
        says(error, "the server removed WAL that it needed (max_slot_wal_keep_size is 1MB)"))
        << error.describe();
    EXPECT_TRUE(says(error, "waltrack drop && waltrack run")) << error.describe();
  }
}

}  // namespace waltrack
