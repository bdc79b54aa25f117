// Databases whose encoding is not UTF8, through the real program.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"

namespace waltrack {
namespace {

constexpr const char* kMapping = R"yaml(
table: people
user_id: id
track: { event: Person Added, properties: { name: name, upper: upper(name), names: names } }
)yaml";

}  // namespace

class Encoding : public testing::Test {
 protected:
  // A database `other` with the table in it.
  void make(const std::string& encoding) {
    server_.exec("CREATE DATABASE other TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' ENCODING '" +
                 encoding + "'");
    server_.exec("CREATE TABLE people (id int PRIMARY KEY, name text, names text[])", "other");
  }
  RunSettings settings(const std::string& plugin) const {
    RunSettings settings;
    settings.mappings = kMapping;
    settings.plugin = plugin;
    settings.database = "other";
    return settings;
  }
  void insert_in_utf8(const std::string& name) const {
    pqxx::connection connection = server_.connect("other");
    connection.set_client_encoding("UTF8");
    pqxx::nontransaction work(connection);
    work.exec_params("INSERT INTO people VALUES (1, $1, ARRAY[$1, 'b'])", name);
  }
  // The properties of the only event.
  nlohmann::json told(TestRun& run) {
    EXPECT_TRUE(run.wait_until_confirmed(current_wal(server_)));
    const std::vector<nlohmann::json> events = receiver_.events();
    EXPECT_EQ(events.size(), 1U);
    return events.empty() ? nlohmann::json() : events[0].at("properties");
  }
  std::string plugin_of_slot() const {
    return server_.value("SELECT plugin FROM pg_replication_slots WHERE slot_name = 'waltrack'");
  }

  PostgresServer server_;
  TestReceiver receiver_;
};

TEST_F(Encoding, AutomaticTakesPgoutputWhichConverts) {
  for (const auto& [encoding, name, upper] :
       {std::tuple("LATIN1", "Müller", "MÜLLER"), std::tuple("EUC_JP", "日本 太郎", "日本 太郎")}) {
    SCOPED_TRACE(encoding);
    make(encoding);
    const TestReceiver receiver;
    TestRun run(server_, receiver, settings("auto"));
    run.start();
    ASSERT_TRUE(run.wait_until_streaming());
    EXPECT_EQ(plugin_of_slot(), "pgoutput");
    EXPECT_NE(run.log().find(encoding), std::string::npos) << "the log says why";
    insert_in_utf8(name);
    ASSERT_TRUE(run.wait_until_confirmed(current_wal(server_)));
    const std::vector<nlohmann::json> events = receiver.events();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0]["properties"],
              (nlohmann::json{{"name", name}, {"upper", upper}, {"names", {name, "b"}}}));
    EXPECT_EQ(run.stop(), (ExitStatus{0, 0}));
    server_.exec("SELECT pg_drop_replication_slot('waltrack')", "other");
    server_.exec("DROP DATABASE other");
  }
}

TEST_F(Encoding, BytesOfSqlAsciiThatAreNotUtf8BecomeTheReplacementCharacter) {
  make("SQL_ASCII");
  TestRun run(server_, receiver_, settings("auto"));
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  EXPECT_EQ(plugin_of_slot(), "pgoutput");
  server_.exec(
      "SET client_encoding = 'SQL_ASCII'; "
      R"(INSERT INTO people VALUES (1, E'caf\351 \303\251', ARRAY[E'\377', 'b']))",
      "other");
  const nlohmann::json properties = told(run);
  EXPECT_EQ(properties["name"], "caf\uFFFD é");
  EXPECT_EQ(properties["upper"], "CAF\uFFFD É");
  EXPECT_EQ(properties["names"], (nlohmann::json{"\uFFFD", "b"}));
}

TEST_F(Encoding, Wal2jsonByNameIsRefusedBeforeASlotIsMade) {
  make("LATIN1");
  TestRun run(server_, receiver_, settings("wal2json"));
  const CommandResult check = run.command({"check"});
  EXPECT_NE(check.status.code, 0);
  EXPECT_NE((check.out + check.err).find("the database's encoding is LATIN1"), std::string::npos)
      << check.out << check.err;
  run.start();
  EXPECT_NE(run.wait_for_end().code, 0);
  EXPECT_NE(run.log().find("the database's encoding is LATIN1"), std::string::npos) << run.log();
  EXPECT_NE(run.log().find("source.plugin: pgoutput"), std::string::npos) << run.log();
  EXPECT_EQ(server_.value("SELECT count(*) FROM pg_replication_slots"), "0");
}

TEST_F(Encoding, ASlotOfWal2jsonsIsRefusedToo) {
  make("LATIN1");
  server_.exec("SELECT pg_create_logical_replication_slot('waltrack', 'wal2json')", "other");
  TestRun run(server_, receiver_, settings("auto"));
  const CommandResult check = run.command({"check"});
  EXPECT_NE(check.status.code, 0);
  EXPECT_NE((check.out + check.err).find("the database's encoding is LATIN1"), std::string::npos)
      << check.out << check.err;
  run.start();
  EXPECT_NE(run.wait_for_end().code, 0);
  EXPECT_NE(run.log().find("pg_drop_replication_slot('waltrack')"), std::string::npos) << run.log();
}

}  // namespace waltrack
