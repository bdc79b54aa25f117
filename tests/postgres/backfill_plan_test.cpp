#include "postgres/backfill_plan.hpp"

#include <gtest/gtest.h>

#include "chunk_reading.hpp"

namespace waltrack {
namespace {

class BackfillPlanTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<PostgresServer>(); }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override { server_->exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public"); }

  static BackfillPlan plan(const std::string& table, const std::vector<std::string>& columns = {},
                           const std::string& role = "postgres") {
    PgConnection connection =
        PgConnection::open(server_->conninfo("postgres", role), PgMode::plain);
    Catalog catalog(server_->conninfo("postgres", role));
    return read_backfill_plan(connection, catalog, {"public", table}, columns);
  }

  static Error fault(const std::string& table, const std::vector<std::string>& columns = {},
                     const std::string& role = "postgres") {
    try {
      plan(table, columns, role);
    } catch (const Error& error) {
      return error;
    }
    throw std::runtime_error("no error");
  }

  static std::vector<std::string> names(const Table& table) {
    std::vector<std::string> names;
    for (const Column& column : table.columns)
      names.push_back(column.name);
    return names;
  }

  static std::vector<std::string> key(const BackfillPlan& plan) {
    std::vector<std::string> names;
    for (const size_t at : plan.key)
      names.push_back(plan.layout.columns.at(at).name);
    return names;
  }

  static std::unique_ptr<PostgresServer> server_;
};
std::unique_ptr<PostgresServer> BackfillPlanTest::server_;

using Names = std::vector<std::string>;

}  // namespace

TEST_F(BackfillPlanTest, TheKeyIsThePrimaryKeyInItsOwnOrder) {
  server_->exec(
      "CREATE TABLE t (a int, b text, c jsonb, d numeric, PRIMARY KEY (d, a) INCLUDE (b))");
  const BackfillPlan read = plan("t", {"c"});
  EXPECT_EQ(read.table, (TableName{"public", "t"}));
  EXPECT_EQ(names(read.layout), (Names{"a", "c", "d"}));
  EXPECT_EQ(key(read), (Names{"d", "a"}));
  EXPECT_EQ(read.layout.columns[1].type.kind, ValueKind::json);
  EXPECT_FALSE(read.layout.whole);
  EXPECT_NE(read.layout.id, plan("t", {"c"}).layout.id);
  EXPECT_FALSE(read.by_place);
  EXPECT_EQ(read.leaves, (std::vector<TableName>{{"public", "t"}}));
  EXPECT_EQ(read.caveat, "");
  EXPECT_TRUE(plan("t", {"a", "b", "c", "d"}).layout.whole);
}

TEST_F(BackfillPlanTest, AnIdentityByIndexIsTheKey) {
  server_->exec(
      "CREATE TABLE t (id int PRIMARY KEY, shop text NOT NULL, no int NOT NULL);"
      "CREATE UNIQUE INDEX by_shop ON t (shop, no);"
      "ALTER TABLE t REPLICA IDENTITY USING INDEX by_shop");
  const BackfillPlan read = plan("t");
  EXPECT_EQ(key(read), (Names{"shop", "no"}));
  EXPECT_EQ(names(read.layout), (Names{"shop", "no"}));
  EXPECT_EQ(read.caveat, "");
}

TEST_F(BackfillPlanTest, WithAFullIdentityTheKeyIsThePrimaryKey) {
  server_->exec(
      "CREATE TABLE t (id int PRIMARY KEY, note text);"
      "ALTER TABLE t REPLICA IDENTITY FULL; CREATE TABLE u (note text);"
      "ALTER TABLE u REPLICA IDENTITY FULL");
  EXPECT_EQ(key(plan("t")), (Names{"id"}));
  EXPECT_EQ(plan("t").caveat, "");
  EXPECT_TRUE(plan("u").by_place);
}

TEST_F(BackfillPlanTest, AKeyThatTheStreamDoesNotTellIsACaveat) {
  server_->exec(
      "CREATE TABLE nothing (id int PRIMARY KEY); ALTER TABLE nothing REPLICA IDENTITY NOTHING;"
      "CREATE TABLE later (id int PRIMARY KEY DEFERRABLE)");
  for (const char* table : {"nothing", "later"}) {
    const BackfillPlan read = plan(table);
    EXPECT_EQ(key(read), (Names{"id"}));
    EXPECT_NE(read.caveat.find("REPLICA IDENTITY"), std::string::npos) << table;
    EXPECT_NE(read.caveat.find(table), std::string::npos);
  }
}

TEST_F(BackfillPlanTest, WithoutAKeyRowsGoByTheirPlace) {
  server_->exec("CREATE TABLE t (note text, other text)");
  const BackfillPlan read = plan("t", {"note"});
  EXPECT_TRUE(read.by_place);
  EXPECT_EQ(names(read.layout), (Names{"note", "ctid"}));
  EXPECT_EQ(key(read), (Names{"ctid"}));
  EXPECT_NE(read.caveat.find("no primary key"), std::string::npos);
}

TEST_F(BackfillPlanTest, APartitionIsReadAsItsRootWhichHasAllLeaves) {
  server_->exec(
      "CREATE TABLE t (id int, kind text, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);"
      "CREATE TABLE b PARTITION OF t FOR VALUES IN ('b') PARTITION BY RANGE (id);"
      "CREATE TABLE \"B 1\" PARTITION OF b FOR VALUES FROM (0) TO (100);"
      "CREATE TABLE a PARTITION OF t FOR VALUES IN ('a');"
      "INSERT INTO t SELECT i, 'a' FROM generate_series(1, 1000) AS i; ANALYZE t, a, \"B 1\"");
  for (const char* table : {"t", "a", "B 1"}) {
    const BackfillPlan read = plan(table);
    EXPECT_EQ(read.table.name, "t");
    EXPECT_EQ(read.leaves, (std::vector<TableName>{{"public", "B 1"}, {"public", "a"}}));
    EXPECT_EQ(key(read), (Names{"id", "kind"}));
    EXPECT_EQ(read.caveat, "");
    EXPECT_EQ(read.row_estimate, 1000);
  }
}

TEST_F(BackfillPlanTest, ALeafWithAnotherIdentityIsACaveat) {
  server_->exec(
      "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id);"
      "CREATE TABLE a PARTITION OF t FOR VALUES FROM (0) TO (9);"
      "CREATE TABLE b PARTITION OF t FOR VALUES FROM (9) TO (99);"
      "ALTER TABLE a REPLICA IDENTITY FULL; ALTER TABLE b REPLICA IDENTITY NOTHING");
  EXPECT_NE(plan("t").caveat.find("deletes of public.b do not"), std::string::npos)
      << plan("t").caveat;
}

TEST_F(BackfillPlanTest, AKeyOfThePartitionsAloneIsNone) {
  server_->exec(
      "CREATE TABLE t (id int) PARTITION BY RANGE (id);"
      "CREATE TABLE a PARTITION OF t FOR VALUES FROM (0) TO (9);"
      "ALTER TABLE a ADD PRIMARY KEY (id)");
  EXPECT_TRUE(plan("t").by_place);
}

TEST_F(BackfillPlanTest, AForeignPartitionIsLeftOut) {
  server_->exec(
      "CREATE EXTENSION IF NOT EXISTS postgres_fdw;"
      "CREATE SERVER IF NOT EXISTS far FOREIGN DATA WRAPPER postgres_fdw;"
      "CREATE TABLE t (id int) PARTITION BY RANGE (id);"
      "CREATE TABLE near PARTITION OF t FOR VALUES FROM (0) TO (9);"
      "CREATE FOREIGN TABLE away PARTITION OF t FOR VALUES FROM (9) TO (99) SERVER far");
  const BackfillPlan read = plan("t");
  EXPECT_EQ(read.leaves, (std::vector<TableName>{{"public", "near"}}));
  EXPECT_NE(read.caveat.find("public.away"), std::string::npos);
}

TEST_F(BackfillPlanTest, ATableThatWasNeverAnalyzedIsEstimatedByItsSize) {
  server_->exec("CREATE TABLE t (id int PRIMARY KEY) WITH (autovacuum_enabled = off)");
  EXPECT_EQ(plan("t").row_estimate, 0);
  server_->exec("INSERT INTO t SELECT generate_series(1, 10000)");
  EXPECT_GT(plan("t").row_estimate, 2000);
  EXPECT_LT(plan("t").row_estimate, 50000);
}

TEST_F(BackfillPlanTest, WhatIsMissingIsAFailureThatSaysWhat) {
  server_->exec(
      "CREATE TABLE orders (id int PRIMARY KEY); CREATE VIEW v AS SELECT 1;"
      "CREATE SCHEMA IF NOT EXISTS other; CREATE TABLE other.sales ()");
  Error error = fault("orders", {"ids"});
  EXPECT_EQ(error.kind(), ErrorKind::failure);
  EXPECT_STREQ(error.what(), "public.orders has no column ids");
  EXPECT_NE(error.hint().find("'id'"), std::string::npos);
  error = fault("sales");
  EXPECT_EQ(error.kind(), ErrorKind::failure);
  EXPECT_STREQ(error.what(), "there is no table public.sales");
  EXPECT_NE(error.hint().find("other.sales"), std::string::npos);
  EXPECT_STREQ(fault("v").what(), "public.v is not a table");
  server_->exec("DROP SCHEMA other CASCADE");
}

TEST_F(BackfillPlanTest, WhatTheRoleMayNotReadIsAFailureWithTheGrant) {
  server_->exec(
      "CREATE TABLE t (id int PRIMARY KEY, note text, secret text); "
      "CREATE ROLE clerk LOGIN; GRANT USAGE ON SCHEMA public TO clerk;"
      "GRANT SELECT (note) ON t TO clerk");
  Error error = fault("t", {"note", "secret"}, "clerk");
  EXPECT_EQ(error.kind(), ErrorKind::failure);
  EXPECT_EQ(error.hint(), "GRANT SELECT ON \"public\".\"t\" TO \"clerk\";");
  EXPECT_NE(std::string(error.what()).find("id, secret"), std::string::npos) << error.what();
  EXPECT_EQ(fault("t", {"note"}, "clerk").kind(), ErrorKind::failure);  // the key
  server_->exec("GRANT SELECT (id) ON t TO clerk");
  EXPECT_EQ(names(plan("t", {"note"}, "clerk").layout), (Names{"id", "note"}));

  server_->exec(
      "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);"
      "CREATE TABLE a PARTITION OF p FOR VALUES FROM (0) TO (9);"
      "GRANT SELECT ON p TO clerk");
  EXPECT_EQ(fault("p", {}, "clerk").hint(), "GRANT SELECT ON \"public\".\"a\" TO \"clerk\";");
  server_->exec("REVOKE USAGE ON SCHEMA public FROM clerk, public");
  EXPECT_NE(fault("t", {"note"}, "clerk").hint().find("USAGE ON SCHEMA \"public\""),
            std::string::npos);
  server_->exec("DROP OWNED BY clerk; DROP ROLE clerk");
}

TEST_F(BackfillPlanTest, RowsThatAPolicyHidesAreACaveat) {
  server_->exec(
      "CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
      "CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA public TO guest;"
      "GRANT SELECT ON t TO guest");
  EXPECT_NE(plan("t", {}, "guest").caveat.find("BYPASSRLS"), std::string::npos);
  EXPECT_EQ(plan("t").caveat, "");
  server_->exec("DROP OWNED BY guest; DROP ROLE guest");
}

TEST_F(BackfillPlanTest, AnUnloggedTableIsACaveat) {
  server_->exec("CREATE UNLOGGED TABLE t (id int PRIMARY KEY)");
  EXPECT_NE(plan("t").caveat.find("not in the WAL"), std::string::npos);
}

}  // namespace waltrack
