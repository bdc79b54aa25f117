#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "e2e/expected_events.hpp"

namespace waltrack {
namespace {

constexpr const char* kMapping = R"yaml(
table: public.plain
user_id: id
track:
  - event: Plain Changed
    on: update
    properties: { n: n, body: body, size: length(body), moved: changed.id, from: old.id }
---
table: public.whole
user_id: id
track:
  - event: Whole Changed
    on: update
    properties: { size: length(body), other: changed.body, was: old.n }
  - event: Whole Removed
    on: delete
    properties: { size: length(body) }
---
table: public.parts
user_id: id
track:
  - event: Part Changed
    on: [insert, update, delete]
    properties: { op: event.op }
  - event: Parts Emptied
    on: truncate
    user_id: event.table_name
)yaml";

const std::vector<std::string> kSchema = {
    "CREATE TABLE plain (id int PRIMARY KEY, body text, n int)",
    "ALTER TABLE plain ALTER body SET STORAGE EXTERNAL",
    "CREATE TABLE whole (id int PRIMARY KEY, body text, n int)",
    "ALTER TABLE whole ALTER body SET STORAGE EXTERNAL",
    "ALTER TABLE whole REPLICA IDENTITY FULL",
    "CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id)",
    "CREATE TABLE parts_a PARTITION OF parts FOR VALUES FROM (0) TO (100)",
    "CREATE TABLE parts_b PARTITION OF parts FOR VALUES FROM (100) TO (200)",
};

const std::vector<std::string> kChanges = {
    "INSERT INTO plain VALUES (1, repeat('x', 3000), 1)",
    "UPDATE plain SET n = 2",
    "UPDATE plain SET id = 2",
    "INSERT INTO whole VALUES (3, repeat('x', 3000), 1)",
    "UPDATE whole SET n = 2",
    "DELETE FROM whole",
    "INSERT INTO parts VALUES (10), (110)",
    "UPDATE parts SET id = 150 WHERE id = 10",
    "TRUNCATE parts_a",
    "TRUNCATE parts",
};
constexpr uint64_t kEvents = 9;

RunSettings settings_for(const std::string& plugin) {
  RunSettings settings;
  settings.mappings = kMapping;
  settings.plugin = plugin;
  settings.slot = plugin;
  return settings;
}

std::vector<nlohmann::json> properties_of(const std::vector<nlohmann::json>& events,
                                          const std::string& name) {
  std::vector<nlohmann::json> found;
  for (const nlohmann::json& event : events) {
    if (event.at("event") == name) found.push_back(event.at("properties"));
  }
  return found;
}

}  // namespace

TEST(RowSemantics, AreTheSameThroughBothPlugins) {
  PostgresServer server;
  for (const std::string& statement : kSchema)
    server.exec(statement);
  TestReceiver of_wal2json;
  TestReceiver of_pgoutput;
  TestRun wal2json(server, of_wal2json, settings_for("wal2json"));
  TestRun pgoutput(server, of_pgoutput, settings_for("pgoutput"));
  wal2json.start();
  pgoutput.start();
  ASSERT_TRUE(wal2json.wait_until_streaming());
  ASSERT_TRUE(pgoutput.wait_until_streaming());
  for (const std::string& statement : kChanges)
    server.exec(statement);
  ASSERT_TRUE(of_wal2json.wait_for_known(kEvents));
  ASSERT_TRUE(of_pgoutput.wait_for_known(kEvents));
  for (const TestRun* run : {&wal2json, &pgoutput}) {
    EXPECT_TRUE(run->wait_until_confirmed(current_wal(server)));
    EXPECT_EQ(run->status().at("dead_letters").at("count"), 0);
  }

  const std::vector<nlohmann::json> events = of_wal2json.events();
  EXPECT_EQ(by_message_id(events), by_message_id(of_pgoutput.events()));
  EXPECT_EQ(events.size(), kEvents);
  const auto properties = [&](const char* name) { return properties_of(events, name); };
  EXPECT_EQ(nlohmann::json(properties("Plain Changed")),
            nlohmann::json::parse(R"([{"n": 2, "moved": false, "from": 1},
                                      {"n": 2, "moved": true, "from": 1}])"));
  EXPECT_EQ(nlohmann::json(properties("Whole Changed")),
            nlohmann::json::parse(R"([{"size": 3000, "other": false, "was": 1}])"));
  EXPECT_EQ(nlohmann::json(properties("Whole Removed")),
            nlohmann::json::parse(R"([{"size": 3000}])"));
  EXPECT_EQ(properties("Part Changed").size(), 4U);
  EXPECT_EQ(properties("Parts Emptied").size(), 1U);
}

// pgoutput does not bring a generated column: told when the mapping is loaded, not row by row.
TEST(RowSemantics, AGeneratedColumnThatDecidesNeedsWal2json) {
  PostgresServer server;
  server.exec(
      "CREATE TABLE users (id int PRIMARY KEY, name text, code text GENERATED ALWAYS AS ('u' || "
      "lower(name)) STORED)");
  TestReceiver receiver;
  RunSettings settings;
  settings.mappings = "table: public.users\nuser_id: code\ntrack: { event: User Added }\n";
  settings.plugin = "pgoutput";
  TestRun refused(server, receiver, settings);
  refused.start();
  EXPECT_EQ(refused.wait_for_end().code, 2);
  EXPECT_NE(refused.log().find("'code' of public.users is generated, and pgoutput does not send"),
            std::string::npos);
  EXPECT_EQ(server.value("SELECT count(*) FROM pg_replication_slots"), "0");
  const CommandResult check = refused.command({"check", "-c", "waltrack.yaml", "--no-lock"});
  EXPECT_EQ(check.status.code, 2) << check.out;
  EXPECT_NE(check.out.find("pgoutput does not send it"), std::string::npos) << check.out;

  settings.plugin = "wal2json";
  TestRun run(server, receiver, settings);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  server.exec("INSERT INTO users VALUES (1, 'Ann')");
  ASSERT_TRUE(receiver.wait_for_known(1));
  EXPECT_EQ(receiver.events().at(0).at("userId"), "uann");
}

}  // namespace waltrack
