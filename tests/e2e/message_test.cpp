#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "e2e/e2e_fixture.hpp"
#include "e2e/expected_events.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr const char* kMapping = R"yaml(
message: shop.checkout
user_id: content ->> 'user'
track:
  event: Checkout Started
  properties:
    cart: content -> 'cart'
)yaml";

std::string emit(bool transactional, const std::string& user, int64_t cart,
                 const std::string& prefix = "shop.checkout") {
  const nlohmann::json content = {{"user", user}, {"cart", {{"number", cart}}}};
  return std::string("SELECT pg_logical_emit_message(") + (transactional ? "true" : "false") +
         ", '" + prefix + "', '" + content.dump() + "')";
}

std::string checkout(int64_t cart) {
  return track_text("Checkout Started", {{"cart", {{"number", cart}}}});
}

RunSettings settings_for(const std::string& plugin, const std::string& slot = "waltrack") {
  RunSettings settings;
  settings.mappings = kMapping;
  settings.plugin = plugin;
  settings.slot = slot;
  return settings;
}

}  // namespace

class Messages : public testing::TestWithParam<std::string> {
 protected:
  Messages() { server_.exec("CREATE TABLE carts (id bigint PRIMARY KEY)"); }

  PostgresServer server_;
  TestReceiver receiver_;
};

TEST_P(Messages, TransactionalOnesAreToldAtTheCommitAndOthersAtOnce) {
  TestRun run(server_, receiver_, settings_for(GetParam()));
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  EventLists expected;
  server_.exec_in_transaction({"INSERT INTO carts VALUES (1)", emit(true, "ann", 1),
                               emit(false, "ann", 2), emit(true, "ann", 3),
                               emit(true, "ann", 4, "shop")});
  for (const int64_t cart : {2, 1, 3})
    expected.add("ann", checkout(cart));
  EXPECT_ANY_THROW(
      server_.exec_in_transaction({emit(true, "ben", 5), "INSERT INTO carts VALUES (2)",
                                   emit(false, "ben", 6), "INSERT INTO carts VALUES (2)"}));
  expected.add("ben", checkout(6));
  server_.exec(emit(false, "cho", 7));
  expected.add("cho", checkout(7));
  server_.exec(emit(true, "cho", 8));
  expected.add("cho", checkout(8));
  const Lsn end = current_wal(server_);

  EXPECT_TRUE(receiver_.wait_for_known(expected.size()));
  EXPECT_TRUE(run.wait_until_confirmed(end));
  EXPECT_EQ(run.stop().code, 0);
  EXPECT_EQ(receiver_.stats().at("accepted"), expected.size());
  EXPECT_EQ(expected.difference(lists_of(receiver_.events())), "");
  for (const nlohmann::json& event : receiver_.events()) {
    EXPECT_FALSE(event.value("timestamp", "").starts_with("1970"))
        << "no commit time is not the beginning of time: " << event;
  }
}

TEST_P(Messages, AContentThatIsNoJsonIsADeadLetterAndTheRestArrives) {
  TestRun run(server_, receiver_, settings_for(GetParam()));
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());
  for (const char* content : {"'{'", "''", R"('\xff7b7d'::bytea)", "'{\"cart\": 1}'"}) {
    server_.exec("SELECT pg_logical_emit_message(true, 'shop.checkout', " + std::string(content) +
                 ")");
  }
  server_.exec(emit(true, "ann", 1));
  const Lsn end = current_wal(server_);
  EXPECT_TRUE(receiver_.wait_for_known(1));
  EXPECT_TRUE(run.wait_until_confirmed(end));
  EXPECT_EQ(run.status().at("dead_letters").at("count"), 4);
}

TEST_P(Messages, KillsLoseNothingAndRepeatOnlyUnderTheSameIds) {
  constexpr int kKills = 6;
  TestRun run(server_, receiver_, settings_for(GetParam()));
  run.start();
  ASSERT_TRUE(run.wait_until_streaming());

  EventLists expected;
  std::jthread shop([&](const std::stop_token& stop) {
    pqxx::connection connection(server_.conninfo());
    pqxx::nontransaction plain(connection);
    for (int64_t cart = 0; !stop.stop_requested(); cart += 3) {
      const std::string user = std::to_string(cart % 7);
      plain.exec("BEGIN");
      plain.exec(emit(true, user, cart));
      plain.exec(emit(false, user, cart + 1));
      plain.exec(emit(true, user, cart + 2));
      const bool kept = cart % 2 == 0;
      plain.exec(kept ? "COMMIT" : "ROLLBACK");
      expected.add(user, checkout(cart + 1));
      if (!kept) continue;
      expected.add(user, checkout(cart));
      expected.add(user, checkout(cart + 2));
    }
  });
  std::mt19937_64 random(6);
  for (int i = 0; i < kKills; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 600));
    run.kill();
    EXPECT_LE(run.confirmed(), run.checkpoint()) << "after kill " << i;
    run.start();
  }
  shop.request_stop();
  shop.join();
  server_.exec("INSERT INTO carts VALUES (1)");  // flushes the log to its end
  const Lsn end = current_wal(server_);

  EXPECT_TRUE(receiver_.wait_for_known(expected.size()));
  EXPECT_TRUE(run.wait_until_confirmed(end));
  EXPECT_EQ(run.stop().code, 0);
  const nlohmann::json stats = receiver_.stats();
  EXPECT_EQ(stats.at("accepted"), expected.size());
  EXPECT_EQ(stats.at("conflicting"), 0);
  EXPECT_EQ(stats.at("dropped"), 0);
  EXPECT_EQ(expected.difference(lists_of(receiver_.events())), "");
}

INSTANTIATE_TEST_SUITE_P(Plugin, Messages, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });

TEST(MessagesOfBothPlugins, HaveTheSameIds) {
  PostgresServer server;
  TestReceiver from_wal2json;
  TestReceiver from_pgoutput;
  TestRun wal2json(server, from_wal2json, settings_for("wal2json", "w"));
  TestRun pgoutput(server, from_pgoutput, settings_for("pgoutput", "p"));
  for (TestRun* run : {&wal2json, &pgoutput}) {
    run->start();
    ASSERT_TRUE(run->wait_until_streaming());
  }
  for (int64_t cart = 0; cart < 100; cart += 2) {
    server.exec_in_transaction({emit(false, "ann", cart), emit(true, "ann", cart + 1)});
  }
  for (const TestReceiver* receiver : {&from_wal2json, &from_pgoutput}) {
    ASSERT_TRUE(receiver->wait_for_known(100));
  }
  EXPECT_EQ(by_message_id(from_wal2json.events()), by_message_id(from_pgoutput.events()));
}

}  // namespace waltrack
