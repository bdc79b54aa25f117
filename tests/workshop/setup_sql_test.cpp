#include "workshop/setup_sql.hpp"

#include <gtest/gtest.h>

#include "workshop/draft_tables.hpp"

namespace waltrack {
namespace {

ServerReadiness ready_server() {
  ServerReadiness server;
  server.version = 150000;
  server.database = "shop";
  server.wal_level = "logical";
  server.max_slot_wal_keep_size = "10GB";
  server.role = "waltrack";
  server.role_exists = server.role_may_log_in = server.role_may_replicate = true;
  server.publication = "waltrack";
  server.publication_exists = server.publication_via_root = true;
  return server;
}

// The lines that a server would run.
std::string statements(const std::string& sql) {
  std::string run;
  for (size_t at = 0; at < sql.size();) {
    const size_t end = std::min(sql.find('\n', at), sql.size() - 1);
    const std::string line = sql.substr(at, end + 1 - at);
    if (!line.starts_with("--") && line != "\n") run += line;
    at = end + 1;
  }
  return run;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos || (ADD_FAILURE() << part << "\nis not in\n"
                                                                << text,
                                                  false);
}

}  // namespace

TEST(SetupSql, WhatIsFineIsSaidAndNotDone) {
  const TableFacts orders = DraftTable("orders").id();
  const std::string sql = setup_sql(ready_server(), {{&orders, true, false}});
  EXPECT_TRUE(has(sql, "Fine: wal_level is logical."));
  EXPECT_TRUE(has(sql, "Fine: role waltrack exists"));
  EXPECT_EQ(statements(sql),
            "grant connect on database \"shop\" to \"waltrack\";\n"
            "grant usage on schema \"public\" to \"waltrack\";\n"
            "grant select on table \"public\".\"orders\" to \"waltrack\";\n"
            "alter publication \"waltrack\" set table\n"
            "  \"public\".\"orders\";\n");
}

TEST(SetupSql, ANameCannotEndItsBlock) {
  ServerReadiness server = ready_server();
  server.role = "x$waltrack$; drop table orders; --";
  server.role_exists = false;
  const TableFacts orders = DraftTable("orders").id();
  const std::string sql = setup_sql(server, {{&orders, true, false}});
  EXPECT_TRUE(has(sql, "do $waltrack_$ begin"));
  EXPECT_TRUE(has(sql, "end $waltrack_$;"));
}

TEST(SetupSql, WhatIsMissingIsDone) {
  ServerReadiness server = ready_server();
  server.wal_level = "replica";
  server.role_exists = server.role_may_replicate = false;
  server.publication_exists = false;
  const TableFacts orders = DraftTable("orders").id();
  const std::string run = statements(setup_sql(server, {{&orders, true, false}}));
  EXPECT_TRUE(has(run, "alter system set wal_level = logical;"));
  EXPECT_TRUE(has(run, "create role \"waltrack\" login;"));
  EXPECT_TRUE(has(run, "alter role \"waltrack\" login replication;"));
  EXPECT_TRUE(has(run, "create publication \"waltrack\""));
}

TEST(SetupSql, ReplicaIdentitiesAreAChoiceForThePartitionsToo) {
  DraftTable views = DraftTable("views").id();
  views.facts().partitioned = true;
  views.facts().leaves = {{"archive", "views_1"}};
  const TableFacts facts = views;
  const std::string sql = setup_sql(ready_server(), {{&facts, true, true}});
  EXPECT_TRUE(has(sql, "-- alter table \"public\".\"views\" replica identity full;"));
  EXPECT_TRUE(has(sql, "-- alter table \"archive\".\"views_1\" replica identity full;"));
  EXPECT_EQ(statements(sql).find("identity"), std::string::npos);
}

TEST(SetupSql, ATableThatIsSwitchedOffIsNotPublished) {
  DraftTable log = DraftTable("log\ndrop table users;").column("x");
  log.facts().identifies = false;
  const TableFacts facts = log;
  const std::string sql = setup_sql(ready_server(), {{&facts, false, false}});
  EXPECT_TRUE(has(sql, "would FAIL, for the application too"));
  EXPECT_EQ(statements(sql),
            "grant connect on database \"shop\" to \"waltrack\";\n"
            "grant usage on schema \"public\" to \"waltrack\";\n");
}

TEST(SetupSql, TheListOfPluginsIsNamedOnlyWhereTheServerHasOne) {
  ServerReadiness server = ready_server();
  EXPECT_EQ(setup_sql(server, {}).find("output_plugin_libraries"), std::string::npos);
  server.knows_output_plugin_libraries = true;
  server.allows_wal2json = false;
  server.output_plugin_libraries = "pgoutput, test_decoding";
  EXPECT_TRUE(
      has(setup_sql(server, {}),
          "-- alter system set output_plugin_libraries = pgoutput, test_decoding, wal2json;"));
}

TEST(SetupSql, AmazonHandsReplicationOutAsARole) {
  ServerReadiness server = ready_server();
  server.is_rds = true;
  server.role_may_replicate = false;
  EXPECT_TRUE(has(statements(setup_sql(server, {})), "grant rds_replication to \"waltrack\";"));
}

}  // namespace waltrack
