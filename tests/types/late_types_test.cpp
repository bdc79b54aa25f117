// Types that are made while waltrack streams, with OIDs that wal2json prints as negative numbers.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "e2e/e2e_fixture.hpp"
#include "support/child_process.hpp"

namespace waltrack {
namespace {

// The next OID of a server of this machine, which is stopped for it.
void set_next_oid(PostgresServer& server, const std::string& oid) {
  server.stop();
  struct stat owner {};
  ASSERT_EQ(stat(server.data_dir().c_str(), &owner), 0);
  ChildOptions options;
  options.args = {server.program_path("pg_resetwal"), "-o", oid, "-D", server.data_dir()};
  options.identity = std::pair(owner.st_uid, owner.st_gid);
  options.working_dir = server.data_dir();
  ASSERT_EQ(ChildProcess::run(options), (ExitStatus{0, 0}));
  server.start();
}

}  // namespace

class LateTypes : public testing::TestWithParam<std::string> {};

TEST_P(LateTypes, AreKnownByTheFirstRowThatHasThem) {
  PostgresOptions options;
  options.version = "15";
  PostgresServer server(options);
  server.exec("CREATE EXTENSION hstore; CREATE PUBLICATION waltrack FOR ALL TABLES");
  set_next_oid(server, "3000000000");
  const TestReceiver receiver;
  RunSettings settings;
  settings.plugin = GetParam();
  settings.mappings = R"yaml(
table: "late_*"
user_id: id
track: { event: Row Added, properties: { $columns: "*" } }
)yaml";
  TestRun run(server, receiver, settings);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  server.exec(
      "CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN cents AS int8; CREATE DOMAIN price AS cents;"
      "CREATE TYPE moodrange AS RANGE (subtype = mood); CREATE DOMAIN times AS timestamptz[];"
      "CREATE TYPE pair AS (a int, b mood)");
  ASSERT_EQ(server.value("SELECT oid > 2147483648 FROM pg_type WHERE typname = 'price'"), "t");
  server.exec(
      "CREATE TABLE late_comers (id int PRIMARY KEY, m mood, p price, ps price[], ms moodrange[], "
      "t times, ts times[], c pair[], h hstore)");
  server.exec(
      "INSERT INTO late_comers VALUES (1, 'sad', 7, '{7,NULL}', '{\"[sad,sad]\",empty}', "
      "'{2026-11-23 12:00:00+00}', ARRAY['{2026-11-23 12:00:00+00}'::times], "
      "ARRAY[ROW(1, 'sad')::pair], 'a=>1')");
  ASSERT_TRUE(run.wait_until_confirmed(current_wal(server)));
  const std::vector<nlohmann::json> events = receiver.events();
  ASSERT_EQ(events.size(), 1U);
  constexpr const char* kWanted = R"json({"id": 1, "m": "sad", "p": 7,
    "ps": [7, null], "ms": [{"lower": "sad", "upper": "sad", "bounds": "[]"}, "empty"],
    "t": ["2026-11-23T12:00:00.000000Z"], "ts": [["2026-11-23T12:00:00.000000Z"]],
    "c": ["(1,sad)"], "h": {"a": "1"}})json";
  EXPECT_EQ(events[0].at("properties"), nlohmann::json::parse(kWanted));
}

INSTANTIATE_TEST_SUITE_P(Plugin, LateTypes, testing::Values("wal2json", "pgoutput"),
                         [](const auto& test) { return test.param; });

}  // namespace waltrack
