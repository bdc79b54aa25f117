// Backfills of tables of all kinds.
#include <algorithm>
#include <thread>

#include "e2e/backfill_fixture.hpp"

namespace waltrack {

using namespace std::chrono_literals;

TEST_F(BackfillTest, ATableWithoutAKeyIsReadOnceAndItIsSaid) {
  make_table(3000, "");
  server_.exec("ALTER TABLE orders REPLICA IDENTITY FULL");
  TestRun& run = make_run(kBackfilledAtFirst);
  run.start();
  ASSERT_TRUE(wait_for_phase("done"));
  ASSERT_TRUE(receiver_.wait_for_known(3000));
  expect_each_once(1, 3000, "backfill");
  EXPECT_NE(backfill().at("caveat").get<std::string>(), "");
  EXPECT_NE(run.log().find("a backfill can't be exact"), std::string::npos);
}

TEST_F(BackfillTest, APartitionedTableGoesLeafByLeaf) {
  server_.exec(
      "CREATE TABLE orders (id int PRIMARY KEY, user_id int NOT NULL, note text) "
      "PARTITION BY RANGE (id)");
  for (int leaf = 0; leaf < 4; ++leaf) {
    server_.exec("CREATE TABLE orders_" + std::to_string(leaf) +
                 " PARTITION OF orders FOR VALUES "
                 "FROM (" +
                 std::to_string(leaf * 1000) + ") TO (" + std::to_string((leaf + 1) * 1000) + ")");
  }
  add_rows(1, 3500);
  TestRun& run = make_run(kBackfilledAtFirst);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  add_rows(3501, 3999);
  ASSERT_TRUE(wait_for_phase("done"));
  ASSERT_TRUE(receiver_.wait_for_known(3999));
  expect_each_once(1, 3500, "backfill");
  expect_each_once(3501, 3999, "insert");
}

TEST_F(BackfillTest, KeysOfSeveralOddTypesAreFollowed) {
  server_.exec("CREATE TYPE mood AS ENUM ('zeal', 'awe', 'calm')");
  server_.exec(
      "CREATE TABLE orders (id int, user_id int NOT NULL, note text COLLATE \"und-x-icu\", "
      "mood mood, at timestamptz, amount numeric, "
      "PRIMARY KEY (mood, note, at, amount, id))");
  server_.exec(
      "INSERT INTO orders SELECT n, n % 10, chr(65 + n % 60) || E'\\n''\\\\\"', "
      "(enum_range(NULL::mood))[1 + n % 3], 'epoch'::timestamptz + n * '1 hour'::interval, "
      "n / 7.0 FROM generate_series(1, 2000) n");
  TestRun& run = make_run(kBackfilledAtFirst, "4KB");
  run.start();
  ASSERT_TRUE(wait_for_phase("done"));
  ASSERT_TRUE(receiver_.wait_for_known(2000));
  expect_each_once(1, 2000, "backfill");
}

// To a snapshot of before a rewritten table looks empty.
TEST_F(BackfillTest, ATableThatIsRewrittenMeanwhileIsToldWhole) {
  make_table(60'000);
  TestRun& run = make_run(kBackfilledAtFirst, "32KB");
  run.start();
  ASSERT_TRUE(wait_until([&] { return backfill().at("rows") > 2000; }, kPatience, 5ms));
  server_.exec_in_transaction(
      {"ALTER TABLE orders ADD more float8 DEFAULT random()", "SELECT pg_sleep(1)"});
  ASSERT_TRUE(wait_for_phase("done"));
  ASSERT_TRUE(receiver_.wait_for_known(60'000));
  expect_each_once(1, 60'000, "backfill");
}

TEST_F(BackfillTest, TablesWithoutAKeyAreReadBesideOthersAndBesideTheStream) {
  make_table(20'000);
  std::string mappings = kBackfilledAtFirst;
  for (const std::string table : {"first", "second", "third"}) {
    server_.exec("CREATE TABLE " + table + " (id int, user_id int)");
    server_.exec("ALTER TABLE " + table + " REPLICA IDENTITY FULL");
    server_.exec("INSERT INTO " + table + " SELECT n, n FROM generate_series(1, 20000) n");
    mappings += "---\ntable: " + table +
                "\nbackfill: initial\nuser_id: user_id\nidentify:\n"
                "  traits: { n: id, op: event.op }\n";
  }
  server_.exec("CREATE TABLE busy (n int)");
  TestRun& run = make_run(mappings, "64KB");
  run.start();
  std::jthread writer([&](const std::stop_token& stop) {
    pqxx::connection connection = server_.connect();
    while (!stop.stop_requested()) {
      pqxx::work transaction(connection);
      transaction.exec("INSERT INTO busy VALUES (1)");
      transaction.commit();
    }
  });
  const auto all_done = [&] {
    const nlohmann::json all = run.status().at("backfills");
    return all.size() == 4 && std::ranges::all_of(all, [](const nlohmann::json& one) {
             return one.at("phase") == "done";
           });
  };
  ASSERT_TRUE(run.wait_until_streaming());
  ASSERT_TRUE(wait_until(all_done, kPatience, 100ms)) << run.log();
  ASSERT_TRUE(receiver_.wait_for_known(80'000));
  EXPECT_EQ(receiver_.known(), 80'000u);
  EXPECT_EQ(count_of(run.log(), "the snapshot is gone"), 0u);
  writer.request_stop();
  writer.join();
  EXPECT_EQ(server_.value("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'"),
            "0");
}

// The snapshot sees the row under its new key, and the stream tells of the move only later.
TEST_F(BackfillTest, ARowThatWasTheLastOneAndMovesToTheFrontIsTold) {
  make_table(1000);
  server_.exec("DELETE FROM orders WHERE id < 10");
  TestRun& run = make_run(kBackfilledOnRequest);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  // A backlog: the stream is behind what a chunk sees.
  server_.exec("CREATE TABLE other (n int)");
  server_.exec("INSERT INTO other SELECT n FROM generate_series(1, 300000) n");
  EXPECT_EQ(run.command({"backfill", "orders", "--detach"}).status.code, 0);
  server_.exec("INSERT INTO other SELECT n FROM generate_series(1, 300000) n");
  server_.exec("UPDATE orders SET id = 5 WHERE id = 1000");
  ASSERT_TRUE(wait_for_phase("done"));
  ASSERT_TRUE(run.wait_until_checkpoint(current_wal(server_)));
  const auto all = told();
  ASSERT_TRUE(all.contains(5) || all.contains(1000));
  EXPECT_TRUE((all.contains(5) && all.at(5).contains("backfill")) ||
              (all.contains(1000) && all.at(1000).contains("backfill")));
}

}  // namespace waltrack
