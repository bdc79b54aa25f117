// The mapping language at work in the real program: all calls of one row in order, globs and tables
// that are made later, partitions, shadow rules, and expressions that misbehave.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "e2e/expected_events.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using nlohmann::json;

RunSettings settings_for(const std::string& plugin, std::string mappings) {
  RunSettings settings;
  settings.mappings = std::move(mappings);
  settings.plugin = plugin;
  return settings;
}

}  // namespace

class Language : public testing::TestWithParam<std::string> {
 protected:
  // Everything that was written up to here has been delivered or put aside.
  void settle(TestRun& run) { ASSERT_TRUE(run.wait_until_confirmed(current_wal(server_))); }

  std::string types_and_names() const {
    std::string text;
    for (const json& event : receiver_.events()) {
      text += event.at("type").get<std::string>();
      if (event.contains("event")) text += ":" + event["event"].get<std::string>();
      text += " ";
    }
    return text;
  }

  PostgresServer server_;
  TestReceiver receiver_;
};

TEST_P(Language, ARowGivesAllSixCallsInTheirOrder) {
  server_.exec(
      "CREATE TABLE users (id bigint PRIMARY KEY, email text, plan text, team text, device text);"
      "ALTER TABLE users REPLICA IDENTITY FULL");
  TestRun run(server_, receiver_, settings_for(GetParam(), R"yaml(
table: users
user_id: id
identify:
  only_changed: true
  traits:
    email: { $sql: email, $hash: sha256 }
    plan: { $sql: plan, $map: { p: Pro, f: Free, $else: Other } }
    note: { $sql: "nullif(team, '')", $null: omit }
group: { group_id: team, when: team is not null, traits: { name: upper(team) } }
track: { event: Signed Up, properties: { $columns: [plan, team], $case: title } }
page: { name: Welcome, category: { $sql: team } }
screen: { name: Home }
alias: { previous_id: device }
)yaml"));
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  server_.exec("INSERT INTO users VALUES (1, ' Ann@X.org ', 'p', 'red', 'd1')");
  // Nothing of what identify and group say changes, then only the plan does.
  server_.exec("UPDATE users SET email = 'ann@x.ORG', device = 'd2'");
  server_.exec("UPDATE users SET plan = 'f'");
  settle(run);
  EXPECT_EQ(types_and_names(), "identify group track:Signed Up page screen alias identify ");
  const std::vector<json> events = receiver_.events();
  ASSERT_EQ(events.size(), 7U);
  EXPECT_EQ(events[0]["traits"]["plan"], "Pro");
  EXPECT_EQ(events[0]["traits"]["email"].get<std::string>().size(), 64U);
  EXPECT_EQ(events[1]["groupId"], "red");
  EXPECT_EQ(events[2]["properties"], json::parse(R"({"Plan":"p","Team":"red"})"));
  EXPECT_EQ(events[3]["category"], "red");
  EXPECT_EQ(events[5]["previousId"], "d1");
  EXPECT_EQ(events[6]["traits"], json::parse(R"({"plan":"Free"})"));
}

TEST_P(Language, GlobsFollowTenantsAndThoseThatComeLater) {
  const std::string columns = " (id bigint PRIMARY KEY, plan text)";
  server_.exec(
      "CREATE SCHEMA tenant_a; CREATE SCHEMA tenant_b; CREATE SCHEMA other;"
      "CREATE TABLE tenant_a.users" +
      columns + ";CREATE TABLE other.users" + columns + ";CREATE TABLE tenant_a.notes" + columns +
      ";CREATE PUBLICATION waltrack FOR ALL TABLES");
  TestRun run(server_, receiver_, settings_for(GetParam(), R"yaml(
table: ["tenant_*.users"]
user_id: event.schema || ':' || id
track: { event: User Added, properties: { plan: plan } }
)yaml"));
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  server_.exec("INSERT INTO tenant_a.users VALUES (1, 'x')");
  server_.exec("INSERT INTO other.users VALUES (2, 'x')");
  server_.exec("INSERT INTO tenant_a.notes VALUES (3, 'x')");
  server_.exec("CREATE TABLE tenant_b.users" + columns +
               "; INSERT INTO tenant_b.users VALUES (4, 'y')");
  server_.exec("INSERT INTO tenant_b.users VALUES (5, 'y')");
  settle(run);
  EventLists expected;
  expected.add("tenant_a:1", track_text("User Added", {{"plan", "x"}}));
  expected.add("tenant_b:4", track_text("User Added", {{"plan", "y"}}));
  expected.add("tenant_b:5", track_text("User Added", {{"plan", "y"}}));
  EXPECT_EQ(expected.difference(lists_of(receiver_.events())), "");
}

TEST_P(Language, PartitionsMapAsTheirRoot) {
  server_.exec(
      "CREATE TABLE visits (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
      "CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');"
      "CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')");
  TestRun run(server_, receiver_, settings_for(GetParam(), R"yaml(
table: visits
user_id: id
track: { event: Page Visited, properties: { table: event.table_name, day: day } }
)yaml"));
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  server_.exec("INSERT INTO visits VALUES (1, '2026-01-05'), (2, '2026-02-05')");
  settle(run);
  EventLists expected;
  expected.add("1", track_text("Page Visited", {{"table", "visits"}, {"day", "2026-01-05"}}));
  expected.add("2", track_text("Page Visited", {{"table", "visits"}, {"day", "2026-02-05"}}));
  EXPECT_EQ(expected.difference(lists_of(receiver_.events())), "");
}

TEST_P(Language, ShadowRulesAreCountedAndNotSent) {
  server_.exec("CREATE TABLE users (id bigint PRIMARY KEY, plan text)");
  TestRun run(server_, receiver_, settings_for(GetParam(), R"yaml(
table: users
user_id: id
track:
  - event: User Added
  - event: Plan Chosen
    shadow: true
    properties: { length: { $sql: plan, $type: number } }
  - event: Never Seen
    enabled: false
)yaml"));
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  server_.exec("INSERT INTO users VALUES (1, '10'), (2, '20'), (3, 'x')");
  settle(run);
  EXPECT_EQ(types_and_names(), "track:User Added track:User Added track:User Added ");
  const auto shadow = [&] { return run.status().at("mappings").at("shadow"); };
  ASSERT_TRUE(wait_until(
      [&] { return shadow().dump().find("\"failures\":1") != std::string::npos; }, kPatience));
  ASSERT_EQ(shadow().size(), 1U);
  EXPECT_EQ(shadow()[0].at("rule"), "track/Plan Chosen");
  EXPECT_EQ(shadow()[0].at("events"), 2);
  EXPECT_EQ(shadow()[0].at("last_failure"), "expression_failed");
  EXPECT_EQ(run.status().at("dead_letters").at("count"), 0);
  const std::string text = run.command({"status"}).out;
  EXPECT_NE(text.find("track/Plan Chosen"), std::string::npos) << text;
}

TEST_P(Language, AnExpressionThatMisbehavesFailsItsRowOnly) {
  server_.exec("CREATE TABLE rows (id bigint PRIMARY KEY, n bigint, path text, width text)");
  TestRun run(server_, receiver_, settings_for(GetParam(), R"yaml(
table: rows
user_id: id
track:
  - event: Row Counted
    properties:
      n: (with recursive c(i) as (select 1 union all select i + 1 from c where i < n) select max(i) from c)
  - event: Row Padded
    properties: { p: "printf(width, id)" }
  - event: Row Filled
    properties: { p: length(zeroblob(n)) }
  - event: Row Summed
    properties: { p: abs(n) }
  - event: Row Read
    properties: { p: "json_extract('{}', path)" }
  - event: Row Seen
)yaml"));
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  server_.exec("INSERT INTO rows VALUES (1, 10, '$.a', '%d')");
  server_.exec(
      "INSERT INTO rows VALUES (2, 4000000000000, '$$', '%1000000000d'), "
      "(3, -9223372036854775808, '$.a', '%d')");
  server_.exec("INSERT INTO rows VALUES (4, 10, '$.a', '%d')");
  settle(run);
  std::map<std::string, int> events;
  for (const json& event : receiver_.events())
    ++events[event.at("userId").get<std::string>()];
  EXPECT_EQ(events["1"], 6);
  EXPECT_EQ(events["4"], 6);
  EXPECT_EQ(events["2"], 2) << run.status().dump(2);  // seen and summed
  EXPECT_EQ(events["3"], 5) << run.status().dump(2);  // only abs() of it fails
  EXPECT_EQ(run.status().at("dead_letters").at("count"), 5);
}

INSTANTIATE_TEST_SUITE_P(Plugin, Language, testing::Values("wal2json", "pgoutput"),
                         [](const auto& test) { return test.param; });

}  // namespace waltrack
