#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "e2e/e2e_fixture.hpp"
#include "e2e/shop_workload.hpp"
#include "state/state_status.hpp"
#include "support/tcp_proxy.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPoison = "poison-pill";
constexpr const char* kTables =
    "CREATE TABLE pills (id bigint PRIMARY KEY, user_id text, body text)";
constexpr const char* kMapping = R"yaml(
---
table: public.pills
user_id: user_id
track:
  - event: Pill Taken
    properties: { id: id, body: body }
)yaml";

// What is answered by chance, four in ten requests.
constexpr const char* kFailures =
    R"({"seed": 5, "answers": {"429": 0.05, "500": 0.05, "400": 0.1, "413": 0.1},)"
    R"( "reset": 0.05, "stall": 0.05, "stall_ms": 200})";

}  // namespace

class FaultyReceiver : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    server_.exec(kShopTables);
    server_.exec(kTables);
    RunSettings settings;
    settings.mappings = std::string(kShopMapping) + kMapping;
    settings.plugin = GetParam();
    run_.emplace(server_, "http://127.0.0.1:" + std::to_string(network_.port()) + "/v1/batch",
                 settings);
    fail_by_chance(false);
    run_->start();
    ASSERT_TRUE(run_->wait_until_streaming());
    server_.exec(shared_users_sql(shared_));
  }

  void fail_by_chance(bool fail) {
    receiver_.control(R"({"poison": ")" + std::string(kPoison) + "\"" +
                      (fail ? std::string(", \"random\": ") + kFailures : "") + "}");
  }

  // Pills between the shop's transactions: one in ten is poison.
  void write(int transactions) {
    pqxx::connection connection(server_.conninfo());
    pqxx::nontransaction plain(connection);
    for (int i = 0; i < transactions; ++i) {
      plain.exec(writer_.small_transaction());
      if (i % 5 != 0) continue;
      const bool poison = i % 50 == 0;
      const int64_t id = ++pills_;
      const std::string user = "pill-" + std::to_string(id % 3);
      const std::string body = poison ? kPoison : "sugar";
      plain.exec("INSERT INTO pills VALUES (" + std::to_string(id) + ", '" + user + "', '" + body +
                 "')");
      if (poison) {
        poison_.insert(id);
      } else {
        pills_told_.add(user, track_text("Pill Taken", {{"id", id}, {"body", body}}));
      }
    }
  }

  bool has_failed(uint64_t requests) {
    return wait_until([&] { return receiver_.stats().at("failed_requests") >= requests; },
                      kPatience);
  }

  void expect_all_but_the_poison() {
    EventLists expected = shared_;
    expected.add_all(writer_.expected());
    expected.add_all(expected_visits(writer_.visits()));
    expected.add_all(pills_told_);
    EXPECT_TRUE(receiver_.wait_for_known(expected.size()));
    EXPECT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
    EXPECT_EQ(receiver_.stats().at("conflicting"), 0);
    EXPECT_EQ(expected.difference(lists_of(receiver_.events())), "");
    const StateStatus state = read_state_status(run_->state_file().string(), 100'000);
    std::set<int64_t> letters;
    for (const auto& stored : state.newest_dead_letters) {
      EXPECT_EQ(stored.letter.reason, "refused");
      const nlohmann::json event = nlohmann::json::parse(stored.letter.payload);
      EXPECT_TRUE(letters.insert(event.at("properties").at("id").get<int64_t>()).second);
    }
    EXPECT_EQ(letters, poison_);
    EXPECT_EQ(run_->stop().code, 0);
  }

  PostgresServer server_;
  TestReceiver receiver_;
  TcpProxy network_{receiver_.port()};
  std::optional<TestRun> run_;
  EventLists shared_;
  ShopWriter writer_{6, 10'000'000};
  int64_t pills_ = 0;
  std::set<int64_t> poison_;
  EventLists pills_told_;
};

TEST_P(FaultyReceiver, GetsEverythingInTheEndAndDeadLettersAreThePoisonAlone) {
  fail_by_chance(true);
  write(400);
  EXPECT_TRUE(has_failed(20));
  write(100);
  fail_by_chance(false);
  write(100);
  expect_all_but_the_poison();
}

TEST_P(FaultyReceiver, BehindANetworkThatTricklesResetsAndFallsSilentGetsTheSame) {
  ProxyMode mode;
  mode.latency = 20ms;
  mode.bytes_per_s = 50'000;
  network_.set(mode);
  write(150);
  for (int i = 0; i < 5; ++i) {
    const uint64_t before = network_.accepted();
    network_.reset();
    write(20);
    EXPECT_TRUE(wait_until([&] { return network_.accepted() > before; }, kPatience));
  }
  ProxyMode cut;
  cut.cut_after = 5000;
  network_.set(cut);
  write(50);
  EXPECT_TRUE(wait_until([&] { return network_.cuts() == 1; }, kPatience));
  ProxyMode silent;
  silent.half_open = true;
  network_.set(silent);
  write(100);
  network_.set({});
  write(50);
  expect_all_but_the_poison();
}

// What is sent is the same with either; the crash suite has both.
INSTANTIATE_TEST_SUITE_P(Plugin, FaultyReceiver, testing::Values("pgoutput"),
                         [](const auto& info) { return info.param; });

}  // namespace waltrack
