#include "postgres/table_facts.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "postgres/server_readiness.hpp"
#include "support/postgres_server.hpp"

namespace waltrack {
namespace {

class TableFactsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<PostgresServer>(); }
  static void TearDownTestSuite() { server_.reset(); }

  static std::vector<TableFacts> read() {
    Catalog catalog(server_->conninfo());
    catalog.load();
    PgConnection connection = PgConnection::open(server_->conninfo(), PgMode::plain);
    return read_table_facts(connection, catalog);
  }

  static TableFacts read(const std::string& name) {
    const std::vector<TableFacts> all = read();
    const auto found =
        std::ranges::find(all, name, [](const TableFacts& one) { return one.table.name; });
    return found == all.end() ? TableFacts{} : *found;
  }

  static std::unique_ptr<PostgresServer> server_;
};
std::unique_ptr<PostgresServer> TableFactsTest::server_;

}  // namespace

TEST_F(TableFactsTest, KeysAndCommentsAreRead) {
  server_->exec("CREATE TABLE one (b int, a int, PRIMARY KEY (b, a))");
  server_->exec(
      "CREATE TABLE two (id int PRIMARY KEY, x int, y int, up int REFERENCES two (id), "
      "FOREIGN KEY (y, x) REFERENCES one (b, a))");
  server_->exec("COMMENT ON TABLE two IS 'the second'");
  server_->exec("COMMENT ON COLUMN two.up IS 'its parent'");
  EXPECT_EQ(read("one").primary_key, (std::vector<std::string>{"b", "a"}));
  const TableFacts two = read("two");
  EXPECT_EQ(two.comment, "the second");
  EXPECT_EQ(two.columns[3].comment, "its parent");
  EXPECT_EQ(two.primary_key, std::vector<std::string>{"id"});
  ASSERT_EQ(two.foreign_keys.size(), 2u);
  const auto& many =
      two.foreign_keys[0].columns.size() == 2 ? two.foreign_keys[0] : two.foreign_keys[1];
  EXPECT_EQ(many.columns, (std::vector<std::string>{"y", "x"}));
  EXPECT_EQ(many.target, (TableName{"public", "one"}));
  EXPECT_EQ(many.target_columns, (std::vector<std::string>{"b", "a"}));
}

TEST_F(TableFactsTest, EnumsAndGeneratedColumnsAreTold) {
  server_->exec("CREATE TYPE colour AS ENUM ('red', 'blue')");
  server_->exec("ALTER TYPE colour ADD VALUE 'green' BEFORE 'blue'");
  server_->exec(
      "CREATE TABLE things (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, c colour, "
      "twice int GENERATED ALWAYS AS (2) STORED)");
  const TableFacts things = read("things");
  EXPECT_FALSE(things.columns[0].generated);
  EXPECT_EQ(things.columns[1].labels, (std::vector<std::string>{"red", "green", "blue"}));
  EXPECT_TRUE(things.columns[2].generated);
}

TEST_F(TableFactsTest, APartitionedTableIsOneWithItsLeaves) {
  server_->exec("CREATE TABLE users (id int PRIMARY KEY)");
  server_->exec(
      "CREATE TABLE hits (at date NOT NULL, user_id int REFERENCES users (id), PRIMARY KEY (at)) "
      "PARTITION BY RANGE (at)");
  server_->exec("CREATE TABLE hits_rest PARTITION OF hits DEFAULT");
  const TableFacts hits = read("hits");
  EXPECT_TRUE(hits.partitioned);
  EXPECT_EQ(hits.leaves, (std::vector<TableName>{{"public", "hits_rest"}}));
  EXPECT_TRUE(hits.identifies);
  ASSERT_EQ(hits.foreign_keys.size(), 1u);
  EXPECT_EQ(hits.foreign_keys[0].target.name, "users");
  EXPECT_EQ(read("hits_rest").table.columns.size(), 0u);
}

TEST_F(TableFactsTest, WhatCannotBeFollowedIsSaid) {
  server_->exec("CREATE TABLE keyless (x int)");
  server_->exec("CREATE UNLOGGED TABLE volatile (id int PRIMARY KEY)");
  EXPECT_FALSE(read("keyless").identifies);
  EXPECT_TRUE(read("keyless").logged);
  EXPECT_FALSE(read("volatile").logged);
}

TEST_F(TableFactsTest, TheServerIsSeenWithTheRole) {
  server_->exec("CREATE ROLE \"odd role\" LOGIN REPLICATION");
  server_->exec("CREATE PUBLICATION p");
  PgConnection connection = PgConnection::open(server_->conninfo(), PgMode::plain);
  const ServerReadiness known = read_server_readiness(connection, "odd role", "p");
  EXPECT_TRUE(known.role_exists && known.role_may_log_in && known.role_may_replicate);
  EXPECT_TRUE(known.publication_exists);
  EXPECT_FALSE(known.publication_via_root);
  EXPECT_EQ(known.wal_level, "logical");
  EXPECT_EQ(known.knows_output_plugin_libraries, server_->knows_setting("output_plugin_libraries"));
  const ServerReadiness unknown = read_server_readiness(connection, "nobody", "q");
  EXPECT_FALSE(unknown.role_exists || unknown.role_may_replicate || unknown.publication_exists);
  EXPECT_TRUE(role_administers(connection));
  PgConnection odd = PgConnection::open(server_->conninfo("postgres", "'odd role'"), PgMode::plain);
  EXPECT_FALSE(role_administers(odd));
}

}  // namespace waltrack
