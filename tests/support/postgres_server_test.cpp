#include "support/postgres_server.hpp"

#include <gtest/gtest.h>

namespace waltrack {

TEST(PostgresServer, KeepsItsDataAndItsPortAcrossRestartAndKill) {
  PostgresServer server;
  const int port = server.port();
  server.exec("CREATE TABLE kept (id int)");
  server.exec("INSERT INTO kept VALUES (7)");
  server.restart();
  EXPECT_EQ(server.value("SELECT id FROM kept"), "7");
  server.kill();
  EXPECT_FALSE(server.running());
  server.start();
  EXPECT_EQ(server.value("SELECT id FROM kept"), "7");
  EXPECT_EQ(server.port(), port);
}

TEST(PostgresServer, GivenSettingsWinAndCanBeChangedWhileItRuns) {
  PostgresOptions options;
  options.settings = {{"wal_level", "replica"}, {"work_mem", "'5MB'"}};
  PostgresServer server(options);
  EXPECT_EQ(server.value("SHOW wal_level"), "replica");
  EXPECT_EQ(server.value("SHOW work_mem"), "5MB");
  server.configure({{"work_mem", "'6MB'"}});
  server.reload();
  EXPECT_EQ(server.value("SHOW work_mem"), "6MB");
}

TEST(PostgresServer, LeavesNothingBehind) {
  std::filesystem::path folder;
  std::string target;
  {
    PostgresServer server;
    folder = server.socket_dir();
    target = server.conninfo();
    EXPECT_TRUE(std::filesystem::exists(server.data_dir()));
  }
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_THROW(pqxx::connection{target}, pqxx::broken_connection);
}

TEST(PostgresServer, AStandbyFollowsItsPrimaryAndCanBePromoted) {
  for (const std::string version : {"15", "17"}) {
    WALTRACK_NEEDS_POSTGRES(version);
    PostgresOptions options;
    options.version = version;
    PostgresServer primary(options);
    EXPECT_EQ(primary.version() / 10000, std::stoi(version));
    const auto standby = PostgresServer::standby_of(primary);
    primary.exec("CREATE TABLE kept (id int)");
    primary.exec("INSERT INTO kept VALUES (7)");
    ASSERT_TRUE(standby->wait_replayed(primary));
    EXPECT_EQ(standby->value("SELECT id FROM kept"), "7");
    EXPECT_EQ(standby->value("SELECT pg_is_in_recovery()"), "t");
    primary.kill();
    standby->promote();
    standby->exec("INSERT INTO kept VALUES (8)");
    EXPECT_EQ(standby->value("SELECT pg_is_in_recovery()"), "f");
  }
}

}  // namespace waltrack
