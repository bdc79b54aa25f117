#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <optional>

#include "e2e/e2e_fixture.hpp"
#include "support/peak_memory.hpp"
#include "support/wait_until.hpp"

// What waltrack takes of memory by default, whatever comes. WALTRACK_MEMORY_MB=2000 makes the large
// transaction that large (150).
namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr size_t kMost = size_t{96} << 20;
constexpr int kBody = 1000;          // bytes of a row
constexpr auto kSenderTimeout = 4s;  // the server ends a connection that is silent for so long
constexpr std::chrono::hours kLong{1};

constexpr const char* kMapping = R"yaml(
table: public.pages
user_id: user_id
track:
  - event: Page Added
    properties: { id: id, body: body }
)yaml";

int megabytes() {
  const char* text = std::getenv("WALTRACK_MEMORY_MB");
  return text == nullptr ? 150 : std::atoi(text);
}

PostgresOptions options() {
  PostgresOptions options;
  options.settings = {{"wal_sender_timeout", std::to_string(kSenderTimeout.count()) + "s"},
                      {"max_wal_size", "8GB"}};
  return options;
}

}  // namespace

class Memory : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (has_sanitizer()) GTEST_SKIP() << "NOT TESTED: sanitizers take more memory than is allowed";
    server_.exec("CREATE TABLE pages (id bigint PRIMARY KEY, user_id int, body text)");
    server_.exec("ALTER TABLE pages ALTER body SET STORAGE EXTERNAL");
    RunSettings settings;
    settings.mappings = kMapping;
    settings.plugin = GetParam();
    run_.emplace(server_, receiver_, settings);
    run_->start();
    ASSERT_TRUE(run_->wait_until_streaming());
  }

  // `rows` rows in one transaction.
  void write(int rows, int body) {
    server_.exec("INSERT INTO pages SELECT " + std::to_string(rows_) +
                 " + g, g % 100, repeat(md5(g::text), " + std::to_string(body / 32) +
                 ") FROM generate_series(1, " + std::to_string(rows) + ") g");
    rows_ += rows;
  }

  // All is over: no more than allowed was ever taken, and the server never missed a report.
  void expect_little_memory() {
    const size_t peak = peak_memory(run_->pid());
    std::printf("memory: %s peak %.1f MB\n", GetParam().c_str(),
                static_cast<double>(peak) / (1 << 20));
    EXPECT_LT(peak, kMost);
    EXPECT_EQ(run_->log().find("reconnecting"), std::string::npos);
    EXPECT_EQ(receiver_.stats().at("conflicting"), 0);
  }

  PostgresServer server_{options()};
  TestReceiver receiver_;
  std::optional<TestRun> run_;
  int rows_ = 0;
};

TEST_P(Memory, IsBoundedWhenATransactionIsLarge) {
  write(megabytes() * (1 << 20) / kBody, kBody);
  EXPECT_TRUE(receiver_.wait_for_known(static_cast<uint64_t>(rows_), kLong));
  EXPECT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
  expect_little_memory();
}

TEST_P(Memory, IsBoundedWhenRowsAreLarge) {
  constexpr int kLarge = 1 << 20;
  write(1, kLarge);
  write(1, kBody);
  EXPECT_TRUE(receiver_.wait_for_known(1));
  write(40, kLarge);
  write(1, 8 * kLarge);
  write(1, kBody);
  EXPECT_TRUE(receiver_.wait_for_known(2));
  EXPECT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
  const nlohmann::json letters = run_->status().at("dead_letters");
  EXPECT_EQ(letters.at("count"), 42);
  EXPECT_EQ(letters.at("newest").at(0).at("reason"), "too_large");
  expect_little_memory();
}

TEST_P(Memory, IsBoundedWhileNobodyTakesEvents) {
  receiver_.kill();
  for (int i = 0; i < 100; ++i)
    write(1000, kBody);
  ASSERT_TRUE(run_->wait_for_log("does not take events"));
  // Watched for as long as it takes a silent client to be thrown out.
  EXPECT_FALSE(wait_until(
      [&] {
        write(10, kBody);
        return run_->log().find("reconnecting") != std::string::npos ||
               server_.value("SELECT count(*) FROM pg_stat_replication") != "1";
      },
      2 * kSenderTimeout, 100ms));
  EXPECT_LT(peak_memory(run_->pid()), kMost);
  receiver_.start();
  EXPECT_TRUE(receiver_.wait_for_known(static_cast<uint64_t>(rows_)));
  EXPECT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
  expect_little_memory();
}

INSTANTIATE_TEST_SUITE_P(Plugin, Memory, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });

}  // namespace waltrack
