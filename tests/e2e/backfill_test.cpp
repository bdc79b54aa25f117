#include <cstdio>

#include "e2e/backfill_fixture.hpp"

namespace waltrack {

using namespace std::chrono_literals;

TEST_F(BackfillTest, TheFirstRunTellsRowsThatAreThere) {
  make_table(5000);
  TestRun& run = make_run(kBackfilledAtFirst);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  add_rows(5001, 6000);
  ASSERT_TRUE(wait_for_phase("done"));
  ASSERT_TRUE(receiver_.wait_for_known(6000));
  expect_each_once(1, 5000, "backfill");
  expect_each_once(5001, 6000, "insert");
  const auto events = receiver_.events();
  const nlohmann::json event = *std::ranges::find_if(
      events, [](const nlohmann::json& one) { return one["traits"]["op"] == "backfill"; });
  EXPECT_EQ(event.at("context").at("active"), false);
  EXPECT_FALSE(event.contains("timestamp")) << "nobody knows it";
  EXPECT_EQ(event.at("traits").at("note"), "a\tb\\" + std::to_string(int(event["traits"]["n"])));
  EXPECT_GE(backfill().at("rows"), 5000) << "those that came meanwhile may be read, too";
  EXPECT_EQ(run.stop().code, 0);
}

TEST_F(BackfillTest, ATableThatAReloadAddsIsToldAndOneThatWasTrackedIsNot) {
  make_table(300);
  server_.exec("CREATE TABLE other (id int PRIMARY KEY)");
  TestRun& run = make_run("table: other\nuser_id: id\nidentify:\n  traits: { n: id }\n");
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  run.folder().write("mappings/orders.yaml", kBackfilledAtFirst);
  ASSERT_TRUE(wait_for_phase("done"));
  ASSERT_TRUE(receiver_.wait_for_known(300));
  expect_each_once(1, 300, "backfill");
  // Without it and with it again: tracked before.
  std::filesystem::remove(run.folder() / "mappings/orders.yaml");
  ASSERT_TRUE(run.wait_for_log("tables_dropped=public.orders"));
  run.folder().write("mappings/orders.yaml", kBackfilledAtFirst);
  ASSERT_TRUE(wait_until([&] { return count_of(run.log(), "tables_added=public.orders") == 2; }));
  add_rows(301, 301);
  ASSERT_TRUE(receiver_.wait_for_known(301));
  EXPECT_EQ(count_of(run.log(), "a backfill begins"), 1u);
}

TEST_F(BackfillTest, AskedForTwiceItSendsNothingNew) {
  make_table(2000);
  TestRun& run = make_run(kBackfilledOnRequest);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  const CommandResult first = run.command({"backfill", "orders"});
  EXPECT_EQ(first.status.code, 0) << first.err;
  ASSERT_TRUE(receiver_.wait_for_known(2000));
  const CommandResult second = run.command({"backfill", "orders"});
  EXPECT_EQ(second.status.code, 0) << second.err;
  EXPECT_EQ(receiver_.stats().at("duplicates"), 2000);
  EXPECT_EQ(receiver_.known(), 2000u);
  EXPECT_EQ(receiver_.stats().at("conflicting"), 0);
}

TEST_F(BackfillTest, WithoutARunTheCommandStreamsUntilItIsDone) {
  make_table(2000);
  TestRun& run = make_run(kBackfilledOnRequest);
  const CommandResult result = run.command({"backfill", "orders", "--where", "id > 1500"});
  EXPECT_EQ(result.status.code, 0) << result.err;
  ASSERT_TRUE(receiver_.wait_for_known(500));
  expect_each_once(1501, 2000, "backfill");
  EXPECT_EQ(receiver_.known(), 500u);
  // What is written now is the next run's.
  add_rows(2001, 2001);
  run.start();
  ASSERT_TRUE(receiver_.wait_for_known(501));
}

TEST_F(BackfillTest, SinceAndARateBoundIt) {
  make_table(1000);
  TestRun& run = make_run(kBackfilledOnRequest);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  EXPECT_EQ(run.command({"backfill", "orders", "--since", "id=901", "--rate", "100"}).status.code,
            0);
  ASSERT_TRUE(receiver_.wait_for_known(100));
  expect_each_once(901, 1000, "backfill");
}

TEST_F(BackfillTest, PausedResumedAndCancelled) {
  make_table(20'000);
  TestRun& run = make_run(kBackfilledOnRequest);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  EXPECT_EQ(run.command({"backfill", "orders", "--rate", "2000", "--detach"}).status.code, 0);
  ASSERT_TRUE(wait_until([&] { return backfill().at("rows") > 0; }, kPatience, 50ms));
  EXPECT_EQ(run.command({"backfill", "--pause"}).status.code, 0);
  ASSERT_TRUE(wait_for_phase("paused"));
  const int rows = backfill().at("rows");
  EXPECT_LT(rows, 20'000);
  // It is remembered, and what is inserted meanwhile has its own event.
  EXPECT_EQ(run.stop().code, 0);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  add_rows(20'001, 20'100);
  EXPECT_EQ(backfill().at("phase"), "paused");
  EXPECT_EQ(run.command({"backfill", "--resume", "orders"}).status.code, 0);
  ASSERT_TRUE(wait_until([&] { return backfill().at("rows") > rows; }, kPatience, 50ms));
  EXPECT_EQ(run.command({"backfill", "--cancel"}).status.code, 0);
  ASSERT_TRUE(wait_for_phase("cancelled"));
  ASSERT_TRUE(run.wait_until_checkpoint(current_wal(server_)));
  expect_each_once(20'001, 20'100, "insert");
}

TEST_F(BackfillTest, KilledAtNinetyPercentItRepeatsAChunkAReaderAtMost) {
  constexpr int kRows = 200'000;
  make_table(kRows);
  // The last rows are not given before the kill, however fast the others go: the condition of the
  // backfill waits for a lock there.
  server_.exec(
      "CREATE FUNCTION may_go() RETURNS bool LANGUAGE plpgsql AS "
      "'BEGIN PERFORM pg_advisory_lock_shared(1); RETURN true; END'");
  pqxx::connection holder = server_.connect();
  pqxx::nontransaction(holder).exec("SELECT pg_advisory_lock(1)");
  TestRun& run = make_run(kBackfilledOnRequest, "256KB");
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  EXPECT_EQ(run.command({"backfill", "orders", "--detach", "--where",
                         "CASE WHEN id <= 195000 THEN true ELSE may_go() END"})
                .status.code,
            0);
  ASSERT_TRUE(wait_until([&] { return backfill().at("rows") > kRows * 9 / 10; }, kPatience, 5ms));
  run.kill();
  holder.disconnect();
  const int rows = backfill().at("rows");
  ASSERT_LT(rows, kRows);
  run.start();
  ASSERT_TRUE(wait_for_phase("done"));
  ASSERT_TRUE(receiver_.wait_for_known(kRows));
  EXPECT_EQ(receiver_.known(), static_cast<uint64_t>(kRows));
  // A line of this table has 20 bytes or so.
  const int repeated = receiver_.stats().at("duplicates");
  EXPECT_LE(repeated, 2 * 256 * 1024 / 16);
  RecordProperty("repeated", repeated);
  std::printf("killed at %d rows of %d: %d events came again\n", rows, kRows, repeated);
}

TEST_F(BackfillTest, OpenTransactionsOfBeforeAreWaitedForAndTold) {
  make_table(10);
  pqxx::connection connection = server_.connect();
  pqxx::work open(connection);
  open.exec("UPDATE orders SET note = 'late' WHERE id = 5");
  TestRun& run = make_run(kBackfilledOnRequest);
  // The slot is there already: what it brings begins before the open transaction ends.
  server_.exec("CREATE PUBLICATION waltrack FOR TABLE orders");
  open.commit();
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  pqxx::work later(connection);
  later.exec("UPDATE orders SET note = 'later' WHERE id = 6");
  EXPECT_EQ(run.command({"backfill", "orders", "--detach"}).status.code, 0);
  ASSERT_TRUE(wait_until(
      [&] {
        const nlohmann::json now = backfill();
        return now.contains("reason") &&
               now.at("reason").get<std::string>().find("transactions") != std::string::npos;
      },
      kPatience, 50ms));
  EXPECT_EQ(backfill().at("rows"), 0);
  later.commit();
  ASSERT_TRUE(wait_for_phase("done"));
  EXPECT_EQ(told()[6]["backfill"], 1);
}

TEST_F(BackfillTest, AReaderThatMayNotReadSaysWhatToGrant) {
  make_table(10);
  server_.exec("CREATE ROLE tracker LOGIN REPLICATION");
  server_.exec("CREATE PUBLICATION waltrack FOR TABLE orders");
  RunSettings settings;
  settings.mappings = kBackfilledOnRequest;
  settings.source_url = server_.conninfo("postgres", "tracker");
  run_ = std::make_unique<TestRun>(server_, receiver_, settings);
  run_->start();
  ASSERT_TRUE(run_->wait_until_streaming());
  const CommandResult result = run_->command({"backfill", "orders"});
  EXPECT_NE(result.status.code, 0);
  EXPECT_NE((result.err + backfill().dump()).find("GRANT SELECT"), std::string::npos) << result.err;
  EXPECT_TRUE(run_->running());
}

TEST_F(BackfillTest, BackendsThatAreEndedCostAChunkEach) {
  make_table(60'000);
  TestRun& run = make_run(kBackfilledAtFirst, "64KB");
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());  // a start would end with its connection
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(wait_until([&] { return backfill().at("rows") >= i * 10'000; }, kPatience, 5ms));
    server_.exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%' "
        "OR query LIKE '%ORDER BY%' AND pid <> pg_backend_pid()");
  }
  ASSERT_TRUE(wait_for_phase("done"));
  ASSERT_TRUE(receiver_.wait_for_known(60'000));
  expect_each_once(1, 60'000, "backfill");
}

TEST_F(BackfillTest, RowsAreReadFromAReplicaWhileThePrimaryStreams) {
  make_table(20'000);
  auto standby = PostgresServer::standby_of(server_);
  ASSERT_TRUE(standby->wait_replayed(server_));
  TestRun& run =
      make_run(kBackfilledAtFirst, "64KB", "  backfill_url: \"" + standby->conninfo() + "\"\n");
  // Behind its primary it is waited for: nothing of before may be read there.
  standby->exec("SELECT pg_wal_replay_pause()");
  server_.exec("UPDATE orders SET note = 'new' WHERE id <= 100");
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  add_rows(20'001, 21'000);
  ASSERT_TRUE(run.wait_until_checkpoint(current_wal(server_)));
  EXPECT_EQ(backfill().at("rows"), 0);
  standby->exec("SELECT pg_wal_replay_resume()");
  ASSERT_TRUE(wait_for_phase("done"));
  ASSERT_TRUE(receiver_.wait_for_known(21'000));
  expect_each_once(1, 20'000, "backfill");
  expect_each_once(20'001, 21'000, "insert");
  for (const nlohmann::json& event : receiver_.events()) {
    if (event["traits"]["n"] > 100) continue;
    EXPECT_EQ(event["traits"]["note"], "new");
  }
}

TEST_F(BackfillTest, ACommitThatWaitsForAStandbyIsNotToldBackwards) {
  make_table(1000);
  TestRun& run = make_run(kBackfilledOnRequest);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  // Nobody is this standby: the commit is in the log and in the stream, and nobody sees it.
  server_.configure({{"synchronous_standby_names", "'nobody'"}});
  server_.reload();
  std::jthread waiting([&] { server_.exec("UPDATE orders SET note = 'newer' WHERE id = 7"); });
  ASSERT_TRUE(receiver_.wait_for_known(1)) << "the stream has it";
  EXPECT_EQ(run.command({"backfill", "orders", "--detach"}).status.code, 0);
  ASSERT_TRUE(wait_until([&] { return backfill().value("reason", "") != ""; }, kPatience, 50ms));
  EXPECT_EQ(backfill().at("rows"), 0);
  server_.configure({{"synchronous_standby_names", "''"}});
  server_.reload();
  ASSERT_TRUE(wait_for_phase("done"));
  ASSERT_TRUE(receiver_.wait_for_known(1001));
  for (const nlohmann::json& event : receiver_.events()) {
    if (event["traits"]["n"] != 7) continue;
    EXPECT_EQ(event["traits"]["note"], "newer");
  }
}

}  // namespace waltrack
