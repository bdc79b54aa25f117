#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "e2e/e2e_fixture.hpp"
#include "e2e/shop_workload.hpp"

namespace waltrack {
namespace {

constexpr uint64_t kSeed = 20261123;
constexpr int kSmallWriters = 4;
constexpr int kSmallTransactions = 500;  // of each

int64_t first_id(int writer) {
  return 10'000'000 * (writer + 1);
}

struct Caused {
  EventLists expected;
  uint64_t row_changes = 0;
};

void write_small(const PostgresServer& server, ShopWriter& writer) {
  pqxx::connection connection(server.conninfo());
  pqxx::nontransaction plain(connection);
  for (int i = 0; i < kSmallTransactions; ++i)
    plain.exec(writer.small_transaction());
}

void write_large(const PostgresServer& server, ShopWriter& writer) {
  pqxx::connection connection(server.conninfo());
  const auto exec = [&](const std::string& sql) { pqxx::nontransaction(connection).exec(sql); };
  exec(writer.insert_many_orders(50'000));
  // Large and rolled back, as a whole and in part.
  exec(
      "BEGIN; INSERT INTO orders SELECT -g, 1, 0, 0, 'never', now() "
      "FROM generate_series(1, 20000) g; ROLLBACK");
  writer.copy_many_items(connection, 25'000);
  exec(writer.update_many_orders(10'000));
  exec(writer.delete_many_orders(2'500));
  exec("BEGIN; SAVEPOINT s; UPDATE orders SET status = 'never' WHERE id BETWEEN " +
       std::to_string(first_id(kSmallWriters)) + " AND " +
       std::to_string(first_id(kSmallWriters + 1) - 1) + "; ROLLBACK TO SAVEPOINT s; COMMIT");
}

// Rows whose positions in the log are far before their commit.
void write_prepared(const PostgresServer& server, ShopWriter& writer) {
  pqxx::connection connection(server.conninfo());
  pqxx::nontransaction plain(connection);
  for (int i = 0; i < 5; ++i) {
    const std::string name = "'p" + std::to_string(i) + "'";
    plain.exec("BEGIN; " + writer.insert_many_orders(500) + "; PREPARE TRANSACTION " + name);
    plain.exec(
        "BEGIN; INSERT INTO items SELECT -g, 1, 0 FROM generate_series(1, 100) g; "
        "PREPARE TRANSACTION 'never'");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    plain.exec("ROLLBACK PREPARED 'never'");
    plain.exec("COMMIT PREPARED " + name);
  }
}

Caused drive_workload(const PostgresServer& server) {
  Caused caused;
  server.exec(shared_users_sql(caused.expected));
  caused.row_changes = kSharedUsers;
  std::vector<ShopWriter> writers;
  for (int i = 0; i < kSmallWriters + 2; ++i)
    writers.emplace_back(kSeed + static_cast<uint64_t>(i), first_id(i));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kSmallWriters; ++i)
      threads.emplace_back([&, i] { write_small(server, writers[static_cast<size_t>(i)]); });
    threads.emplace_back([&] { write_large(server, writers[kSmallWriters]); });
    threads.emplace_back([&] { write_prepared(server, writers[kSmallWriters + 1]); });
  }
  Visits visits{};
  for (const ShopWriter& writer : writers) {
    caused.expected.add_all(writer.expected());
    caused.row_changes += writer.row_changes();
    for (size_t i = 0; i < visits.size(); ++i)
      visits[i] += writer.visits()[i];
  }
  caused.expected.add_all(expected_visits(visits));
  return caused;
}

RunSettings shop(const std::string& plugin) {
  RunSettings settings;
  settings.mappings = kShopMapping;
  settings.plugin = plugin;
  settings.slot = "shop_" + plugin;
  return settings;
}

}  // namespace

TEST(ExactlyOnce, BothPluginsGiveEachEventOnceInOrderUnderTheSameId) {
  PostgresOptions options;
  options.settings = {{"max_prepared_transactions", "5"}};
  PostgresServer server(options);
  server.exec(kShopTables);
  TestReceiver from_wal2json;
  TestReceiver from_pgoutput;
  TestRun wal2json(server, from_wal2json, shop("wal2json"));
  TestRun pgoutput(server, from_pgoutput, shop("pgoutput"));
  wal2json.start();
  pgoutput.start();
  ASSERT_TRUE(wal2json.wait_until_streaming());
  ASSERT_TRUE(pgoutput.wait_until_streaming());

  const Caused caused = drive_workload(server);
  const Lsn end = current_wal(server);
  EXPECT_GE(caused.row_changes, 100'000u);

  for (const auto& [run, receiver] :
       {std::pair(&wal2json, &from_wal2json), std::pair(&pgoutput, &from_pgoutput)}) {
    SCOPED_TRACE(run->settings().plugin);
    EXPECT_TRUE(receiver->wait_for_known(caused.expected.size()));
    EXPECT_TRUE(run->wait_until_confirmed(end));
    EXPECT_EQ(run->stop().code, 0);
    const nlohmann::json stats = receiver->stats();
    EXPECT_EQ(stats.at("accepted"), caused.expected.size());
    EXPECT_EQ(stats.at("duplicates"), 0);
    EXPECT_EQ(stats.at("conflicting"), 0);
    EXPECT_EQ(stats.at("dropped"), 0);
    EXPECT_EQ(run->status().at("dead_letters").at("count"), 0);
  }

  const std::vector<nlohmann::json> left = from_wal2json.events();
  const std::vector<nlohmann::json> right = from_pgoutput.events();
  EXPECT_EQ(caused.expected.difference(lists_of(left)), "") << "with wal2json";
  EXPECT_EQ(caused.expected.difference(lists_of(right)), "") << "with pgoutput";
  // Ids and all that came under them, timestamps included.
  const auto left_by_id = by_message_id(left);
  const auto right_by_id = by_message_id(right);
  ASSERT_EQ(left_by_id.size(), right_by_id.size());
  const auto [a, b] = std::mismatch(left_by_id.begin(), left_by_id.end(), right_by_id.begin());
  if (a != left_by_id.end()) {
    ADD_FAILURE() << "wal2json: " << a->first << " " << a->second << "\npgoutput: " << b->first
                  << " " << b->second;
  }
}

}  // namespace waltrack
