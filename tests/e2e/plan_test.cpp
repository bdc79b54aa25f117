#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"

namespace waltrack {
namespace {

constexpr const char* kLock = R"({"version": 1, "needs": "waltrack 0.2", "tables": [
  {"schema": "public", "name": "orders", "replica_identity": "key", "columns": [
    {"name": "id", "type": "bigint", "kind": "int8", "nullable": false, "key": true},
    {"name": "user_id", "type": "bigint", "kind": "int8", "nullable": false},
    {"name": "status", "type": "text", "kind": "text", "nullable": true},
    {"name": "placed_at", "type": "timestamp with time zone", "kind": "timestamptz",
     "nullable": false}]}]})";

constexpr const char* kMapping = R"(table: public.orders
user_id: user_id
track:
  - event: Order Placed
    properties: { order_id: id, status: status, at: placed_at }
  - event: { $sql: "'Order ' || status" }
    on: update
)";

// A folder with mappings and their columns, and no database anywhere.
class Plan : public testing::Test {
 protected:
  Plan() {
    folder_.write("mappings/orders.yaml", kMapping);
    folder_.write("mappings/columns.lock.json", kLock);
    folder_.write("waltrack.yaml",
                  "source:\n  url: ${NOT_SET_HERE:-host=127.0.0.1 port=1}\n"
                  "destination:\n  write_key: ${E2E_WRITE_KEY}\n");
  }

  CommandResult run(std::vector<std::string> args) const {
    return run_waltrack(std::move(args), folder_.path());
  }

  TempDir folder_;
};

TEST_F(Plan, IsWrittenWithoutDatabaseAndSecrets) {
  const CommandResult plan = run({"plan"});
  EXPECT_EQ(plan.status.code, 0) << plan.err;
  EXPECT_NE(plan.err.find("orders.yaml:6:5: left out: the row decides the event's name"),
            std::string::npos)
      << plan.err;
  const auto rules = nlohmann::json::parse(plan.out)["rules"];
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0]["key"], "Order Placed");
  EXPECT_EQ(rules[0]["jsonSchema"]["properties"]["properties"]["properties"]["at"]["format"],
            "date-time");
  EXPECT_EQ(run({"plan", "-o", "plan.json"}).status.code, 0);
  EXPECT_EQ(read_file(folder_ / "plan.json"), plan.out);
}

TEST_F(Plan, NeedsTheColumnsLock) {
  std::filesystem::remove(folder_ / "mappings/columns.lock.json");
  const CommandResult plan = run({"plan"});
  EXPECT_EQ(plan.status.code, 2);
  EXPECT_NE(plan.err.find("run `waltrack check`"), std::string::npos) << plan.err;
}

TEST_F(Plan, TellsATableThatTheLockLacks) {
  folder_.write("mappings/users.yaml", "table: users\nuser_id: id\nidentify: {}\n");
  const CommandResult plan = run({"plan"});
  EXPECT_EQ(plan.status.code, 2);
  EXPECT_NE(plan.err.find("users.yaml:1:8: error: the columns lock does not know the table "
                          "'public.users'"),
            std::string::npos)
      << plan.err;
  EXPECT_EQ(plan.out, "");
}

TEST_F(Plan, CheckTellsDisagreementsWhereNoServerAnswers) {
  run({"plan", "-o", "plan.json"});
  const auto told = [&](const std::string& plan) {
    folder_.write("other.json", plan);
    const CommandResult check = run_waltrack({"check", "--plan", "other.json", "--offline"},
                                             folder_.path(), {{"E2E_WRITE_KEY", "key"}});
    return std::to_string(check.status.code) + " " + check.out + check.err;
  };
  const std::string own = told(read_file(folder_ / "plan.json"));
  EXPECT_TRUE(own.starts_with("1 ")) << own;  // the server is not there
  EXPECT_EQ(own.find("TRACK"), std::string::npos) << own;
  const std::string other = told(R"({"rules": [{"type": "TRACK", "key": "Order Paced"}]})");
  EXPECT_TRUE(other.starts_with("2 ")) << other;
  for (const char* needle :
       {"mappings/orders.yaml:4:5: TRACK 'Order Placed': the plan does not know it",
        "fix: did you mean 'Order Paced'?",
        "warning: other.json: no mapping sends the plan's TRACK 'Order Paced'"}) {
    EXPECT_NE(other.find(needle), std::string::npos) << needle << "\n" << other;
  }
  EXPECT_NE(told("{").find("error: other.json:1:2: the tracking plan is not valid JSON"),
            std::string::npos);
}

TEST_F(Plan, CheckTakesTheColumnsOfTheServer) {
  const PostgresServer server;
  server.exec(
      "create table orders (id bigint primary key, user_id bigint not null, status integer not "
      "null,"
      " placed_at timestamptz)");
  folder_.write("mappings/orders.yaml", R"(table: public.orders
user_id: user_id
track:
  - event: Order Placed
    properties: { order_id: id, status: status, at: placed_at }
)");
  run({"plan", "-o", "plan.json"});
  const CommandResult check =
      run_waltrack({"check", "--plan", "plan.json", "--json", "--offline"}, folder_.path(),
                   {{"E2E_WRITE_KEY", "key"}, {"NOT_SET_HERE", server.conninfo()}});
  EXPECT_EQ(check.status.code, 2) << check.err;
  std::string told;
  const nlohmann::json report = nlohmann::json::parse(check.out);
  for (const auto& finding : report["findings"]) {
    const std::string what = finding["what"];
    if (what.starts_with("TRACK")) told += finding["where"].get<std::string>() + " " + what + "\n";
  }
  EXPECT_EQ(
      told,
      "mappings/orders.yaml:4:5 TRACK 'Order Placed': status is integer, the plan wants string "
      "or null\n"
      "mappings/orders.yaml:4:5 TRACK 'Order Placed': at may be null, the plan wants string\n")
      << check.out;
}

TEST(Schema, OfMappingsAndConfigurationIsPrinted) {
  TempDir folder;
  const CommandResult mapping = run_waltrack({"schema"}, folder.path());
  EXPECT_EQ(mapping.status.code, 0);
  EXPECT_TRUE(nlohmann::json::parse(mapping.out)["properties"].contains("table"));
  EXPECT_EQ(run_waltrack({"schema", "mapping"}, folder.path()).out, mapping.out);
  const CommandResult config = run_waltrack({"schema", "config"}, folder.path());
  EXPECT_TRUE(nlohmann::json::parse(config.out)["properties"].contains("source"));
}

}  // namespace
}  // namespace waltrack
