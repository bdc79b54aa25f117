#pragma once

#include <chrono>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "e2e/e2e_fixture.hpp"
#include "support/wait_until.hpp"

namespace waltrack {

inline constexpr const char* kBackfilledAtFirst = R"yaml(
table: orders
backfill: initial
user_id: user_id
identify:
  traits: { n: id, note: note, op: event.op }
)yaml";

inline constexpr const char* kBackfilledOnRequest = R"yaml(
table: orders
user_id: user_id
identify:
  traits: { n: id, note: note, op: event.op }
)yaml";

// A table of `rows` orders, and a run with small chunks.
class BackfillTest : public testing::Test {
 protected:
  void make_table(int rows, const std::string& key = "PRIMARY KEY (id)") {
    server_.exec("CREATE TABLE orders (id int NOT NULL, user_id int NOT NULL, note text" +
                 (key.empty() ? "" : ", " + key) + ")");
    add_rows(1, rows);
  }
  void add_rows(int first, int last) {
    server_.exec("INSERT INTO orders SELECT n, n % 100, E'a\\tb\\\\' || n FROM generate_series(" +
                 std::to_string(first) + ", " + std::to_string(last) + ") n");
  }
  TestRun& make_run(const std::string& mappings, const std::string& chunk = "16KB",
                    const std::string& source_more = {}) {
    RunSettings settings;
    settings.mappings = mappings;
    settings.source_more = source_more + "backfill:\n  chunk: " + chunk + "\n";
    run_ = std::make_unique<TestRun>(server_, receiver_, settings);
    return *run_;
  }

  nlohmann::json backfill() const {
    const nlohmann::json none = {{"phase", "none"}, {"rows", 0}};
    const CommandResult status = run_->command({"backfill", "--status", "--json"});
    if (status.status.code != 0) return none;  // the run has not made its state file yet
    const nlohmann::json all = nlohmann::json::parse(status.out).at("backfills");
    return all.empty() ? none : all.at(0);
  }
  [[nodiscard]] bool wait_for_phase(const std::string& phase) const {
    return wait_until([&] { return backfill().at("phase") == phase; }, kPatience,
                      std::chrono::milliseconds(50));
  }

  // How often each order came, by op.
  std::map<int, std::map<std::string, int>> told() const {
    std::map<int, std::map<std::string, int>> told;
    for (const nlohmann::json& event : receiver_.events())
      ++told[event.at("traits").at("n")][event.at("traits").at("op")];
    return told;
  }
  void expect_each_once(int first, int last, const std::string& op) const {
    const auto all = told();
    for (int n = first; n <= last; ++n) {
      const auto found = all.find(n);
      ASSERT_NE(found, all.end()) << n;
      ASSERT_EQ(found->second, (std::map<std::string, int>{{op, 1}})) << n;
    }
  }

  PostgresServer server_;
  TestReceiver receiver_;
  std::unique_ptr<TestRun> run_;
};

}  // namespace waltrack
