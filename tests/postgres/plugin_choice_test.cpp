#include "postgres/plugin_choice.hpp"

#include <gtest/gtest.h>
#include <memory>

#include "support/plugin_refusal.hpp"
#include "support/postgres_server.hpp"

namespace waltrack {
namespace {

class PluginDecisionTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<PostgresServer>();
    server_->exec("CREATE TABLE orders (id int PRIMARY KEY)");
    server_->exec("CREATE TABLE visits (id int PRIMARY KEY) PARTITION BY RANGE (id)");
    server_->exec(
        "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  }
  static void TearDownTestSuite() { server_.reset(); }

  PluginDecision decide(PluginChoice choice, const std::string& table,
                        const std::string& database = "postgres",
                        PluginTrial trial = PluginTrial::temporary_slot) {
    SourceSettings settings;
    settings.url = server_->conninfo(database);
    settings.plugin = choice;
    settings.followed.tables = {{"public", table}};
    PgConnection connection = PgConnection::open(settings.url, PgMode::plain);
    return decide_plugin(connection, settings, trial);
  }
  static void allow(const char* list) {
    server_->configure({{"output_plugin_libraries", list}});
    server_->reload();
  }

  static std::unique_ptr<PostgresServer> server_;
};
std::unique_ptr<PostgresServer> PluginDecisionTest::server_;

using Kind = PluginReason::Kind;

std::vector<Kind> kinds(const PluginDecision& decision) {
  std::vector<Kind> kinds;
  for (const PluginReason& reason : decision.against_wal2json)
    kinds.push_back(reason.kind);
  return kinds;
}

}  // namespace

TEST_F(PluginDecisionTest, AutomaticIsWal2jsonWhereNothingSpeaksAgainstIt) {
  const PluginDecision decision = decide(PluginChoice::automatic, "orders");
  EXPECT_EQ(decision.plugin, Plugin::wal2json);
  EXPECT_EQ(kinds(decision), std::vector<Kind>{});
}

TEST_F(PluginDecisionTest, AutomaticIsPgoutputForAPartitionedTable) {
  const PluginDecision decision = decide(PluginChoice::automatic, "visits");
  EXPECT_EQ(decision.plugin, Plugin::pgoutput);
  ASSERT_EQ(kinds(decision), std::vector<Kind>{Kind::partitions});
  EXPECT_NE(decision.against_wal2json[0].what.find("public.visits"), std::string::npos);
}

TEST_F(PluginDecisionTest, AutomaticIsPgoutputInAnEncodingThatWal2jsonDoesNotConvert) {
  const PluginDecision decision = decide(PluginChoice::automatic, "orders", "latin");
  EXPECT_EQ(decision.plugin, Plugin::pgoutput);
  ASSERT_EQ(kinds(decision), std::vector<Kind>{Kind::encoding});
  EXPECT_NE(decision.against_wal2json[0].what.find("LATIN1"), std::string::npos);
}

TEST_F(PluginDecisionTest, AutomaticIsPgoutputWhereWal2jsonIsNotAllowedAndTellsTheFix) {
  WALTRACK_NEEDS_PLUGIN_REFUSAL(*server_);
  allow("'pgoutput, test_decoding'");
  const PluginDecision decision =
      decide(PluginChoice::automatic, "orders", "postgres", PluginTrial::none);
  allow("'pgoutput, test_decoding, wal2json'");
  EXPECT_EQ(decision.plugin, Plugin::pgoutput);
  ASSERT_EQ(kinds(decision), std::vector<Kind>{Kind::not_allowed});
  EXPECT_NE(decision.against_wal2json[0].fix.find("output_plugin_libraries"), std::string::npos);
}

TEST_F(PluginDecisionTest, ANameDecidesAndPartitionsAreOnlyACaution) {
  EXPECT_EQ(decide(PluginChoice::pgoutput, "orders").plugin, Plugin::pgoutput);
  const PluginDecision decision = decide(PluginChoice::wal2json, "visits");
  EXPECT_EQ(decision.plugin, Plugin::wal2json);
  EXPECT_EQ(kinds(decision), std::vector<Kind>{Kind::partitions});
}

TEST_F(PluginDecisionTest, Wal2jsonByNameIsAUsageErrorInAnotherEncoding) {
  try {
    decide(PluginChoice::wal2json, "orders", "latin");
    FAIL() << "it was decided";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(error.describe().find("LATIN1"), std::string::npos);
    EXPECT_NE(error.hint().find("pgoutput"), std::string::npos);
  }
}

TEST_F(PluginDecisionTest, TheTrialLeavesNothingBehind) {
  for (int i = 0; i < 3; ++i)
    decide(PluginChoice::automatic, "orders");
  EXPECT_EQ(server_->value("SELECT count(*) FROM pg_replication_slots"), "0");
}

TEST_F(PluginDecisionTest, AnOpenTransactionDoesNotHoldTheTrialUp) {
  pqxx::connection connection = server_->connect();
  pqxx::work open(connection);
  open.exec("INSERT INTO orders VALUES (1)");
  EXPECT_EQ(decide(PluginChoice::automatic, "orders").plugin, Plugin::wal2json);
  EXPECT_EQ(server_->value("SELECT count(*) FROM pg_replication_slots"), "0");
}

}  // namespace waltrack
