#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

constexpr const char* kTable = R"sql(
CREATE TABLE facts (id bigint PRIMARY KEY, user_id text, prefs text, body text);
ALTER TABLE facts ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE keyed (id bigint PRIMARY KEY, user_id text);
ALTER TABLE keyed REPLICA IDENTITY FULL;
)sql";

constexpr const char* kMapping = R"yaml(
table: public.facts
user_id: user_id
track:
  - event: Fact Added
    properties:
      id: id
      theme: prefs ->> 'theme'
      body: body
  - event: Fact Changed
    on: update
    when: length(body) > 0
    properties:
      id: id
---
table: public.keyed
user_id: user_id
track:
  - event: Key Removed
    on: delete
    properties:
      id: id
)yaml";

}  // namespace

class DeadLetters : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    server_.exec(kTable);
    RunSettings settings;
    settings.mappings = kMapping;
    settings.plugin = GetParam();
    run_.emplace(server_, receiver_, settings);
    run_->start();
    ASSERT_TRUE(run_->wait_until_streaming());
  }

  void write_a_good_one(int id) {
    server_.exec("INSERT INTO facts VALUES (" + std::to_string(id) +
                 ", 'u1', '{\"theme\": \"dark\"}', 'x')");
    ++good_;
  }

  int64_t count() const { return run_->status().at("dead_letters").at("count"); }

  // The newest letter is this one; it was there before the position passed its row.
  void expect_newest(int64_t count_now, const std::string& rule, const std::string& reason) {
    const Lsn end = current_wal(server_);
    EXPECT_TRUE(receiver_.wait_for_known(good_));
    EXPECT_TRUE(run_->wait_until_confirmed(end));
    const nlohmann::json letters = run_->status().at("dead_letters");
    EXPECT_EQ(letters.at("count"), count_now);
    const nlohmann::json& newest = letters.at("newest").at(0);
    EXPECT_NE(newest.at("rule").get<std::string>().find(rule), std::string::npos) << newest;
    EXPECT_EQ(newest.at("reason"), reason) << newest;
    EXPECT_FALSE(newest.at("detail").get<std::string>().empty()) << newest;
    const auto row = Lsn::parse(newest.at("lsn").get<std::string>());
    ASSERT_TRUE(row);
    EXPECT_LT(*row, run_->confirmed());
  }

  PostgresServer server_;
  TestReceiver receiver_;
  std::optional<TestRun> run_;
  uint64_t good_ = 0;
};

TEST_P(DeadLetters, WhatCanNeverBeSentIsKeptWithItsReasonAndTheRestArrives) {
  write_a_good_one(1);
  server_.exec("INSERT INTO facts VALUES (2, null, null, 'x')");
  write_a_good_one(3);
  expect_newest(1, "Fact Added", "no_user");

  server_.exec("INSERT INTO facts VALUES (4, 'u1', 'this is not JSON', 'x')");
  write_a_good_one(5);
  expect_newest(2, "Fact Added", "expression_failed");

  server_.exec("INSERT INTO facts VALUES (6, 'u1', null, repeat('x', 32000))");
  write_a_good_one(7);
  expect_newest(3, "Fact Added", "too_large");

  // Changed, but not its body, which is stored out of line: `when` cannot be asked.
  server_.exec("UPDATE facts SET prefs = null WHERE id = 6");
  write_a_good_one(8);
  expect_newest(4, "Fact Changed", "unavailable_column");

  // Without REPLICA IDENTITY FULL a deleted row is its key only; somebody took it away meanwhile.
  server_.exec("ALTER TABLE keyed REPLICA IDENTITY DEFAULT");
  server_.exec("INSERT INTO keyed VALUES (1, 'u1')");
  server_.exec("DELETE FROM keyed");
  write_a_good_one(9);
  expect_newest(5, "Key Removed", "unavailable_column");

  EXPECT_NE(run_->log().find("kept as dead letters in the state file"), std::string::npos);
  EXPECT_NE(run_->log().find("REPLICA IDENTITY FULL"), std::string::npos);
  // Values of rows are nobody's business but the receiver's.
  EXPECT_EQ(run_->log().find("this is not JSON"), std::string::npos);
  EXPECT_EQ(run_->status().dump().find("this is not JSON"), std::string::npos);
  EXPECT_EQ(receiver_.stats().at("dropped"), 0);
}

TEST_P(DeadLetters, AreNotDoubledWhenTheirRowsComeAgain) {
  // The receiver takes nothing, so the position stays before the good row while the letters of the
  // rows behind it are stored; a restart reads all of them again.
  receiver_.control(R"({"answer": 503})");
  write_a_good_one(1);
  server_.exec("INSERT INTO facts SELECT g, null, null, 'x' FROM generate_series(100, 149) g");
  ASSERT_TRUE(wait_until([&] { return count() == 50; }, kPatience));
  for (int i = 0; i < 3; ++i) {
    run_->kill();
    EXPECT_EQ(count(), 50);
    run_->start();
    ASSERT_TRUE(run_->wait_until_streaming());
  }
  receiver_.control("{}");
  write_a_good_one(2);
  EXPECT_TRUE(receiver_.wait_for_known(good_));
  EXPECT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
  EXPECT_EQ(count(), 50);
}

INSTANTIATE_TEST_SUITE_P(Plugin, DeadLetters, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });

}  // namespace waltrack
