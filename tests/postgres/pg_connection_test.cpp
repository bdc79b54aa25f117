#include "postgres/pg_connection.hpp"

#include <arpa/inet.h>
#include <fstream>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stop_token>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "postgres/server_identity.hpp"
#include "support/postgres_server.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

// What opening says that can't be opened.
PgError refusal(const std::string& url, PgMode mode = PgMode::plain) {
  try {
    PgConnection::open(url, mode);
  } catch (const PgError& error) {
    return error;
  }
  throw std::runtime_error("it opened");
}

class PgConnectionTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<PostgresServer>(); }
  static void TearDownTestSuite() { server_.reset(); }

  static std::unique_ptr<PostgresServer> server_;
};
std::unique_ptr<PostgresServer> PgConnectionTest::server_;

}  // namespace

TEST_F(PgConnectionTest, ItsSessionGivesTheTextsThatWeCountOn) {
  server_->exec("ALTER ROLE postgres SET datestyle = 'German'");
  server_->exec("ALTER ROLE postgres SET statement_timeout = '5s'");
  PgConnection connection = PgConnection::open(server_->conninfo(), PgMode::plain);
  server_->exec("ALTER ROLE postgres RESET ALL");
  const PgResult row = connection.query(
      "SELECT timestamptz '2026-11-23 12:00:00+02', interval '1 day 2 hours', bytea '\\x0aff', "
      "0.1::float8 + 0.2, current_setting('client_encoding'), "
      "current_setting('statement_timeout'), current_setting('application_name')");
  EXPECT_EQ(row.text(0, 0), "2026-11-23 10:00:00+00");
  EXPECT_EQ(row.text(0, 1), "P1DT2H");
  EXPECT_EQ(row.text(0, 2), "\\x0aff");
  EXPECT_EQ(row.text(0, 3), "0.30000000000000004");
  EXPECT_EQ(row.text(0, 4), "UTF8");
  EXPECT_EQ(row.text(0, 5), "0");
  EXPECT_EQ(row.text(0, 6), "waltrack");
}

TEST_F(PgConnectionTest, TakesParametersAndTellsNulls) {
  PgConnection connection = PgConnection::open(server_->conninfo(), PgMode::plain);
  const PgResult row = connection.query("SELECT $1, NULL, 42, true", {"it's"});
  EXPECT_EQ(row.text(0, 0), "it's");
  EXPECT_TRUE(row.is_null(0, 1));
  EXPECT_EQ(row.integer(0, 2), 42);
  EXPECT_TRUE(row.boolean(0, 3));
}

TEST_F(PgConnectionTest, AFailedQueryHasItsStateAndLeavesTheConnectionUsable) {
  PgConnection connection = PgConnection::open(server_->conninfo(), PgMode::plain);
  try {
    connection.query("SELECT 1 / 0");
    FAIL() << "no error";
  } catch (const PgError& error) {
    EXPECT_EQ(error.sqlstate(), "22012");
  }
  EXPECT_EQ(connection.query("SELECT 1").rows(), 1);
}

TEST_F(PgConnectionTest, OfSeveralStatementsTheLastOneAnswers) {
  PgConnection connection = PgConnection::open(server_->conninfo(), PgMode::plain);
  const PgResult row = connection.query_until({}, "BEGIN; SELECT 1, 2; SELECT 3");
  EXPECT_EQ(row.text(0, 0), "3");
  EXPECT_EQ(connection.query_until({}, "SELECT $1", {"it's"}).text(0, 0), "it's");
  EXPECT_THROW(connection.query_until({}, "SELECT 1 / 0; SELECT 1"), PgError);
  EXPECT_EQ(connection.query_until({}, "ROLLBACK; SELECT 4").text(0, 0), "4");
}

TEST_F(PgConnectionTest, AQueryThatIsNeverAnsweredIsGivenUp) {
  PgConnection connection = PgConnection::open(server_->conninfo(), PgMode::plain);
  EXPECT_EQ(connection.query_limit(), std::chrono::minutes(5));
  connection.limit_queries(std::chrono::milliseconds(100));
  try {
    connection.query("SELECT pg_sleep(600)");
    FAIL() << "it was answered";
  } catch (const Error& error) {
    EXPECT_TRUE(error.is_transient());
    EXPECT_NE(std::string(error.what()).find("does not answer"), std::string::npos);
  }
  // Nor goes the server on with it.
  EXPECT_TRUE(wait_until([&] {
    return server_->value(
               "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' "
               "AND state = 'active' AND pid <> pg_backend_pid()") == "0";
  }));
}

TEST_F(PgConnectionTest, CopyGivesLinesAndWhereTheyEnd) {
  PgConnection connection = PgConnection::open(server_->conninfo(), PgMode::plain);
  const CopiedRows rows =
      connection.copy_out("COPY (VALUES (1, 'a'), (2, NULL), (3, E'b\nc')) TO STDOUT", 0, {});
  EXPECT_EQ(rows.text, "1\ta\n2\t\\N\n3\tb\\nc\n");
  EXPECT_EQ(rows.ends, (std::vector<size_t>{4, 9, 16}));
  EXPECT_TRUE(rows.whole);
  EXPECT_EQ(connection.query("SELECT 1").rows(), 1);
}

TEST_F(PgConnectionTest, CopyEndsEarlyWhenThereIsEnough) {
  PgConnection connection = PgConnection::open(server_->conninfo(), PgMode::plain);
  for (const size_t bytes : {1, 1000, 1'000'000}) {
    const CopiedRows rows = connection.copy_out(
        "COPY (SELECT repeat('x', 99), generate_series(1, 1000000000)) TO STDOUT", bytes, {});
    EXPECT_GE(rows.text.size(), bytes);
    EXPECT_LT(rows.text.size(), bytes + 120);
    EXPECT_EQ(rows.ends.back(), rows.text.size());
    EXPECT_FALSE(rows.whole);
    EXPECT_EQ(connection.query("SELECT 1").rows(), 1);  // it can go on
  }
  EXPECT_TRUE(connection.copy_out("COPY (SELECT 'abc') TO STDOUT", 4, {}).whole);
}

TEST_F(PgConnectionTest, CopyTakesOneStatementAndTellsItsFaults) {
  const auto state = [](const std::string& sql) {
    PgConnection connection = PgConnection::open(server_->conninfo(), PgMode::plain);
    try {
      connection.copy_out(sql, 0, {});
    } catch (const PgError& error) {
      return error.sqlstate();
    }
    return std::string("none");
  };
  EXPECT_EQ(state("COPY (SELECT 1) TO STDOUT; SELECT 1"), "42601");
  EXPECT_EQ(state("COPY (SELECT 1 / 0) TO STDOUT"), "22012");
  EXPECT_EQ(state("COPY (SELECT 1 / (5 - i) FROM generate_series(1, 9) AS i) TO STDOUT"), "22012");
}

TEST_F(PgConnectionTest, AStopEndsACopyThatNeverEnds) {
  PgConnection connection = PgConnection::open(server_->conninfo(), PgMode::plain);
  std::stop_source stop;
  std::jthread person([&] {
    if (wait_until([] {
          return server_->value(
                     "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                     "'waltrack' AND query LIKE 'COPY%'") == "1";
        })) {
      stop.request_stop();
    }
  });
  try {
    connection.copy_out("COPY (SELECT generate_series(1, 1000000000000)) TO STDOUT", 0,
                        stop.get_token());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_TRUE(error.is_transient());
  }
}

TEST_F(PgConnectionTest, AStopEndsConnecting) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(PgConnection::open(server_->conninfo(), PgMode::plain, std::chrono::seconds(10),
                                  stop.get_token()),
               Error);
}

TEST_F(PgConnectionTest, AMissingDatabaseIsUsage) {
  for (const PgMode mode : {PgMode::plain, PgMode::replication}) {
    const PgError error = refusal(server_->conninfo("nowhere"), mode);
    EXPECT_EQ(error.sqlstate(), "3D000");
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_STREQ(error.what(), "database \"nowhere\" does not exist");
  }
}

TEST_F(PgConnectionTest, AMissingRoleIsUsage) {
  const PgError error = refusal(server_->conninfo("postgres", "nobody_at_all"));
  EXPECT_EQ(error.sqlstate(), "28000");
  EXPECT_EQ(error.kind(), ErrorKind::usage);
}

TEST_F(PgConnectionTest, ARoleWithoutReplicationLearnsTheGrant) {
  server_->exec("CREATE ROLE reader LOGIN");
  const PgError error = refusal(server_->conninfo("postgres", "reader"), PgMode::replication);
  EXPECT_EQ(error.sqlstate(), "42501");
  EXPECT_NE(error.hint().find("ALTER ROLE reader REPLICATION"), std::string::npos);
}

TEST_F(PgConnectionTest, AClosedPortIsTransientAndNamesTheAddress) {
  const PgError error = refusal("host=127.0.0.1 port=1 dbname=shop user=tracker password=secret");
  EXPECT_TRUE(error.is_transient());
  EXPECT_NE(error.describe().find("127.0.0.1:1"), std::string::npos);
  EXPECT_FALSE(error.hint().empty());
  EXPECT_EQ(error.describe().find("secret"), std::string::npos);
}

TEST_F(PgConnectionTest, AnUnreadableUrlIsNotShown) {
  try {
    PgConnection::open("postgresql://tracker:100%secret@db/shop", PgMode::plain);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(error.describe().find("secret"), std::string::npos);
  }
}

TEST_F(PgConnectionTest, TakesTheNextHostWhenOneIsClosed) {
  PgConnection connection =
      PgConnection::open("host=127.0.0.1,127.0.0.1 port=1," + std::to_string(server_->port()) +
                             " dbname=postgres user=postgres target_session_attrs=read-write",
                         PgMode::plain);
  EXPECT_EQ(connection.query("SHOW port").text(0, 0), std::to_string(server_->port()));
}

TEST_F(PgConnectionTest, PrefersAStandbyButTakesAPrimary) {
  const std::string port = std::to_string(server_->port());
  PgConnection connection =
      PgConnection::open("host=127.0.0.1,127.0.0.1 port=" + port + "," + port +
                             " dbname=postgres user=postgres target_session_attrs=prefer-standby",
                         PgMode::plain);
  EXPECT_EQ(connection.query("SELECT pg_is_in_recovery()").text(0, 0), "f");
}

TEST_F(PgConnectionTest, ASilentServerIsGivenUpAfterItsTimeout) {
  // A listening socket that nobody accepts from: the connection stands, and nothing is ever said.
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 8), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const PgError error = refusal("host=127.0.0.1 port=" + std::to_string(ntohs(address.sin_port)) +
                                " dbname=shop connect_timeout=1");
  close(listener);
  EXPECT_TRUE(error.is_transient());
  EXPECT_NE(std::string(error.what()).find("timeout"), std::string::npos);
}

TEST_F(PgConnectionTest, AWrongPasswordAndAMissingHbaLineAreUsage) {
  server_->exec("CREATE ROLE keyed LOGIN PASSWORD 'right'");
  const std::string hba = read_file(server_->data_dir() / "pg_hba.conf");
  std::ofstream(server_->data_dir() / "pg_hba.conf")
      << "host all postgres 127.0.0.1/32 trust\nhost all keyed 127.0.0.1/32 scram-sha-256\n";
  server_->reload();
  const std::string keyed = server_->conninfo("postgres", "keyed");
  const PgError wrong = refusal(keyed + " password=wrong");
  const PgError none = refusal(keyed + " passfile=/nowhere");
  const PgError unlisted = refusal(server_->conninfo("postgres", "unlisted"));
  EXPECT_NO_THROW(PgConnection::open(keyed + " password=right", PgMode::plain));
  std::ofstream(server_->data_dir() / "pg_hba.conf") << hba;
  server_->reload();
  EXPECT_EQ(wrong.sqlstate(), "28P01");
  EXPECT_EQ(wrong.describe().find("=wrong"), std::string::npos);
  EXPECT_NE(none.hint().find("PGPASSWORD"), std::string::npos);
  EXPECT_NE(unlisted.hint().find("pg_hba.conf"), std::string::npos);
  for (const PgError& error : {wrong, none, unlisted})
    EXPECT_EQ(error.kind(), ErrorKind::usage);
}

TEST(PgConnectionUrl, APasswordThatLibpqTakesForAHostOrAPathIsNotTold) {
  for (const char* url : {"postgres://u:pa@SECRET@h/db", "postgresql://u:sec/ret@h/SECRET",
                          "postgres://SEC/ret@h/db"}) {
    try {
      PgConnection::open(url, PgMode::plain);
      FAIL() << "it opened";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << url;
      const std::string told = error.describe() + error.where();
      EXPECT_EQ(told.find("SEC"), std::string::npos) << told;
      EXPECT_NE(error.hint().find("percent-encoded"), std::string::npos);
    }
  }
}

TEST_F(PgConnectionTest, WhatTakesLongLetsOthersWorkMeanwhile) {
  PgConnection connection = PgConnection::open(server_->conninfo(), PgMode::plain);
  int times = 0;
  const PgResult row = connection.query_patiently("SELECT pg_sleep(0.2)::text || $1", {"done"},
                                                  std::chrono::milliseconds(10), [&] { ++times; });
  EXPECT_EQ(row.text(0, 0), "done");
  EXPECT_GT(times, 0);
  EXPECT_EQ(connection.query("SELECT 1").integer(0, 0), 1);
}

TEST_F(PgConnectionTest, AStatementThatIsGivenUpIsCancelled) {
  PgConnection connection = PgConnection::open(server_->conninfo(), PgMode::plain);
  EXPECT_THROW(
      connection.query_patiently("SELECT pg_sleep(1000)", {}, std::chrono::milliseconds(10),
                                 [] { throw std::runtime_error("enough"); }),
      std::runtime_error);
  EXPECT_TRUE(wait_until([] {
    return server_->value(
               "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1000)%' "
               "AND state = 'active' AND pid <> pg_backend_pid()") == "0";
  }));
}

TEST_F(PgConnectionTest, TheServerTellsWhoItIs) {
  const ServerIdentity identity = read_server_identity(server_->conninfo());
  EXPECT_EQ(std::to_string(identity.system_identifier),
            server_->value("SELECT system_identifier FROM pg_control_system()"));
  EXPECT_EQ(identity.history.timeline(), 1u);
  EXPECT_EQ(identity.database, "postgres");
  EXPECT_FALSE(identity.position.is_none());
  EXPECT_EQ(identity.version, server_->version());
}

}  // namespace waltrack
