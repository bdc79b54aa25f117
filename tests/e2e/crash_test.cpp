#include <cstdlib>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"
#include "e2e/shop_workload.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

// WALTRACK_TEST_SEED gives other moments and another workload.
const uint64_t kSeed = [] {
  const char* seed = std::getenv("WALTRACK_TEST_SEED");
  return seed == nullptr ? 6 : std::strtoull(seed, nullptr, 10);
}();
constexpr int kKills = 12;

// Small transactions without pause, and every now and then a large one, until the object ends.
class BusyShop {
 public:
  explicit BusyShop(const PostgresServer& server) {
    server.exec(shared_users_sql(expected_));
    threads_.emplace_back([&](const std::stop_token& stop) {
      pqxx::connection connection(server.conninfo());
      pqxx::nontransaction plain(connection);
      while (!stop.stop_requested()) {
        plain.exec(small_.small_transaction());
        std::this_thread::sleep_for(2ms);
      }
    });
    threads_.emplace_back([&](const std::stop_token& stop) {
      pqxx::connection connection(server.conninfo());
      pqxx::nontransaction plain(connection);
      while (!stop.stop_requested()) {
        plain.exec(large_.insert_many_orders(2000));
        std::this_thread::sleep_for(300ms);
        plain.exec(large_.update_many_orders(1000));
        std::this_thread::sleep_for(300ms);
      }
    });
  }

  // Ends the writing and tells what it must have caused.
  EventLists finish() {
    threads_.clear();
    expected_.add_all(small_.expected());
    expected_.add_all(large_.expected());
    expected_.add_all(expected_visits(small_.visits()));
    return expected_;
  }

 private:
  EventLists expected_;
  ShopWriter small_{kSeed, 10'000'000};
  ShopWriter large_{kSeed, 20'000'000};
  std::vector<std::jthread> threads_;
};

class Crash : public testing::TestWithParam<std::string> {};

}  // namespace

TEST_P(Crash, TwelveKillsLoseNothingAndRepeatOnlyUnderTheSameIds) {
  PostgresServer server;
  server.exec(kShopTables);
  TestReceiver receiver;
  RunSettings settings;
  settings.mappings = kShopMapping;
  settings.plugin = GetParam();
  TestRun run(server, receiver, settings);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());

  SCOPED_TRACE("seed " + std::to_string(kSeed));
  BusyShop shop(server);
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < kKills; ++i) {
    // Some of them before it streams.
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 700));
    ASSERT_TRUE(run.running());
    run.kill();
    EXPECT_LE(run.confirmed(), run.checkpoint()) << "after kill " << i;
    run.start();
  }
  const EventLists expected = shop.finish();
  const Lsn end = current_wal(server);

  EXPECT_TRUE(receiver.wait_for_known(expected.size()));
  EXPECT_TRUE(run.wait_until_confirmed(end));
  EXPECT_EQ(run.stop().code, 0);
  const nlohmann::json stats = receiver.stats();
  EXPECT_EQ(stats.at("accepted"), expected.size());
  EXPECT_EQ(stats.at("conflicting"), 0);
  EXPECT_EQ(stats.at("dropped"), 0);
  EXPECT_EQ(expected.difference(lists_of(receiver.events())), "");
  RecordProperty("events", static_cast<int>(expected.size()));
  RecordProperty("duplicates", stats.at("duplicates").get<int>());
}

INSTANTIATE_TEST_SUITE_P(Plugin, Crash, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });

TEST(CrashInside, ALargeTransactionGoesOnWhereItWasDelivered) {
  constexpr int kRows = 30'000;
  PostgresServer server;
  Notes notes(server);
  TestReceiver receiver;
  receiver.control(R"({"delay_ms": 300})");
  RunSettings settings;
  settings.mappings = Notes::kMapping;
  settings.lanes = 2;
  TestRun run(server, receiver, settings);
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());

  notes.write(kRows);
  const Lsn end = current_wal(server);
  ASSERT_TRUE(receiver.wait_for_known(kRows / 2));
  const Lsn before = run.confirmed();
  run.kill();
  const uint64_t delivered = receiver.known();
  ASSERT_LT(delivered, static_cast<uint64_t>(kRows)) << "the kill came too late to mean anything";
  EXPECT_TRUE(run.status().at("checkpoint").contains("within"));
  EXPECT_EQ(run.confirmed(), before) << "nothing inside a transaction can be confirmed";

  receiver.control(R"({"delay_ms": 0})");
  run.start();
  EXPECT_TRUE(receiver.wait_for_known(kRows));
  EXPECT_TRUE(run.wait_until_confirmed(end));
  EXPECT_EQ(count_of(run.log(), "resuming inside a transaction"), 1u);
  EXPECT_EQ(run.stop().code, 0);
  const nlohmann::json stats = receiver.stats();
  EXPECT_EQ(stats.at("conflicting"), 0);
  // What was in flight in two lanes comes again, not the transaction.
  EXPECT_LE(stats.at("duplicates"), 12'000);
  EXPECT_EQ(notes.expected().difference(lists_of(receiver.events())), "");
}

}  // namespace waltrack
