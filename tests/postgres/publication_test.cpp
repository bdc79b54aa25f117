#include "postgres/publication.hpp"

#include <gtest/gtest.h>

#include "support/postgres_server.hpp"

namespace waltrack {
namespace {

// Each test has a database of its own.
class PublicationTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<PostgresServer>();
    server_->exec("CREATE ROLE tracker LOGIN REPLICATION");
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    server_->exec("DROP DATABASE IF EXISTS shop");
    server_->exec("CREATE DATABASE shop");
    exec("CREATE TABLE orders (id int PRIMARY KEY)");
    exec("CREATE TABLE users (id int PRIMARY KEY)");
    settings_.followed.tables = {{"public", "orders"}, {"public", "users"}};
  }

  static void exec(const std::string& sql) { server_->exec(sql, "shop"); }
  void ensure(const std::string& role = "postgres") const {
    PgConnection connection = PgConnection::open(server_->conninfo("shop", role), PgMode::plain);
    ensure_publication(connection, settings_);
  }
  // What is still lacking, one a line.
  std::string mend(const std::string& role = "postgres") const {
    PgConnection connection = PgConnection::open(server_->conninfo("shop", role), PgMode::plain);
    std::string lacking;
    for (const std::string& one : mend_publication(connection, settings_))
      lacking += one + "\n";
    return lacking;
  }
  Error refusal(const std::string& role = "postgres") const {
    try {
      ensure(role);
    } catch (const Error& error) {
      return error;
    }
    throw std::runtime_error("it was made");
  }
  static std::string published() {
    return server_->value(
        "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_publication_tables WHERE "
        "pubname = 'waltrack'",
        "shop");
  }
  static std::string via_root() {
    return server_->value("SELECT pubviaroot FROM pg_publication", "shop");
  }

  static std::unique_ptr<PostgresServer> server_;
  SourceSettings settings_;
};
std::unique_ptr<PostgresServer> PublicationTest::server_;

}  // namespace

TEST_F(PublicationTest, IsMadeForOurTablesOnly) {
  exec("CREATE TABLE other (id int PRIMARY KEY)");
  ensure();
  EXPECT_EQ(published(), "orders users");
  EXPECT_EQ(via_root(), "t");
  ensure();
  EXPECT_EQ(published(), "orders users");
}

TEST_F(PublicationTest, IsMadeWithoutTablesForMessagesAlone) {
  settings_.followed = {{}, {}, {"shop.checkout"}};
  ensure();
  EXPECT_EQ(published(), "");
  EXPECT_EQ(via_root(), "t");
  ensure();
}

TEST_F(PublicationTest, GetsTheTablesThatItLacks) {
  exec("CREATE PUBLICATION waltrack FOR TABLE users");
  ensure();
  EXPECT_EQ(published(), "orders users");
}

TEST_F(PublicationTest, OfAllTablesLacksNothing) {
  exec("CREATE PUBLICATION waltrack FOR ALL TABLES");
  server_->exec("GRANT CONNECT ON DATABASE shop TO tracker");
  EXPECT_NO_THROW(ensure("tracker"));
}

TEST_F(PublicationTest, OfAWholeSchemaLacksNothing) {
  exec("CREATE PUBLICATION waltrack FOR TABLES IN SCHEMA public");
  EXPECT_NO_THROW(ensure("tracker"));
}

TEST_F(PublicationTest, TellsPartitionsAsTheirRoot) {
  exec("CREATE TABLE visits (id int PRIMARY KEY) PARTITION BY RANGE (id)");
  exec("CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (1) TO (100)");
  exec("CREATE PUBLICATION waltrack FOR TABLE orders, users");
  settings_.followed.tables.push_back({"public", "visits"});
  ensure();
  EXPECT_EQ(published(), "orders users visits");
  EXPECT_EQ(via_root(), "t");
}

TEST_F(PublicationTest, ThatTheRoleMayNotMakeComesWithTheSql) {
  const Error error = refusal("tracker");
  EXPECT_FALSE(error.is_transient());
  EXPECT_NE(error.hint().find("CREATE PUBLICATION \"waltrack\" FOR TABLE \"public\".\"orders\", "
                              "\"public\".\"users\" WITH (publish_via_partition_root = true);"),
            std::string::npos)
      << error.describe();
  EXPECT_EQ(published(), "");
}

TEST_F(PublicationTest, ThatTheRoleMayNotExtendComesWithTheSql) {
  exec("CREATE PUBLICATION waltrack FOR TABLE users");
  const Error error = refusal("tracker");
  EXPECT_NE(error.hint().find("ALTER PUBLICATION \"waltrack\" ADD TABLE \"public\".\"orders\";"),
            std::string::npos)
      << error.describe();
}

TEST_F(PublicationTest, WithARowFilterIsRefused) {
  exec("CREATE PUBLICATION waltrack FOR TABLE orders WHERE (id > 5), users");
  const Error error = refusal();
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_NE(std::string(error.what()).find("public.orders has a row filter"), std::string::npos);
}

TEST_F(PublicationTest, NeverBreaksTheWritesOfATableWithoutAnIdentity) {
  exec("CREATE TABLE clicks (at timestamptz)");
  exec("INSERT INTO clicks VALUES (now())");
  settings_.followed.tables.push_back({"public", "clicks"});
  const Error error = refusal();
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_NE(error.hint().find("\"public\".\"clicks\" REPLICA IDENTITY FULL"), std::string::npos);
  EXPECT_NO_THROW(exec("UPDATE clicks SET at = now()"));
  exec("ALTER TABLE clicks REPLICA IDENTITY FULL");
  ensure();
  EXPECT_EQ(published(), "clicks orders users");
  EXPECT_NO_THROW(exec("UPDATE clicks SET at = now()"));
}

TEST_F(PublicationTest, LooksAtTheIdentityOfEachPartition) {
  exec("CREATE TABLE visits (id int) PARTITION BY RANGE (id)");
  exec("CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (1) TO (100)");
  exec("ALTER TABLE visits REPLICA IDENTITY FULL");
  settings_.followed.tables.push_back({"public", "visits"});
  EXPECT_EQ(refusal().kind(), ErrorKind::usage);
  exec("ALTER TABLE visits_1 REPLICA IDENTITY FULL");
  EXPECT_NO_THROW(ensure());
}

TEST_F(PublicationTest, OfInsertsOnlyTakesATableWithoutAnIdentity) {
  exec("CREATE TABLE clicks (at timestamptz)");
  exec("CREATE PUBLICATION waltrack FOR TABLE orders, users WITH (publish = 'insert')");
  settings_.followed.tables.push_back({"public", "clicks"});
  ensure();
  EXPECT_EQ(published(), "clicks orders users");
}

TEST_F(PublicationTest, OfATableThatIsNotThereIsUsage) {
  settings_.followed.tables.push_back({"public", "nothing"});
  EXPECT_EQ(refusal().kind(), ErrorKind::usage);
}

TEST_F(PublicationTest, GetsBackATableThatWasMadeAnew) {
  ensure();
  exec("DROP TABLE users");
  EXPECT_EQ(mend(),
            "there is no table public.users any more; if it was renamed, map its new name\n");
  exec("CREATE TABLE users (id int PRIMARY KEY)");
  EXPECT_EQ(mend(), "");
  EXPECT_EQ(published(), "orders users");
}

TEST_F(PublicationTest, OneTableThatCannotBeMendedKeepsNoOtherFromIt) {
  ensure();
  exec("CREATE SCHEMA aside");
  exec("ALTER TABLE orders SET SCHEMA aside");
  exec("DROP TABLE users");
  exec("CREATE TABLE users (id int PRIMARY KEY)");
  exec("CREATE TABLE clicks (at timestamptz)");
  settings_.followed.tables.push_back({"public", "clicks"});
  const std::string lacking = mend();
  EXPECT_NE(lacking.find("if it was moved, map it where it is: aside.orders"), std::string::npos)
      << lacking;
  EXPECT_NE(lacking.find("public.clicks has no replica identity"), std::string::npos) << lacking;
  EXPECT_EQ(published(), "orders users");
}

TEST_F(PublicationTest, WithAListOfColumnsTellsWhatItLeavesOut) {
  exec("ALTER TABLE users ADD email text, ADD plan text");
  exec("CREATE PUBLICATION waltrack FOR TABLE orders, users (id, plan)");
  const std::string lacking = mend();
  EXPECT_NE(lacking.find("leaves out columns of public.users: email;"), std::string::npos)
      << lacking;
}

TEST_F(PublicationTest, ThatIsGoneIsNotMadeAnewForASlot) {
  EXPECT_NE(mend().find("publication waltrack is gone"), std::string::npos);
  EXPECT_EQ(server_->value("SELECT count(*) FROM pg_publication", "shop"), "0");
}

}  // namespace waltrack
