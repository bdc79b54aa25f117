#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "e2e/e2e_fixture.hpp"
#include "e2e/notes.hpp"
#include "support/wait_until.hpp"

namespace waltrack {

class SchemaChange : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    RunSettings settings;
    settings.mappings = Notes::kMapping;
    settings.plugin = GetParam();
    run_.emplace(server_, receiver_, settings);
    run_->start();
    ASSERT_TRUE(run_->wait_until_streaming());
  }

  void expect_all_arrives() {
    EXPECT_TRUE(receiver_.wait_for_known(notes_.count()));
    EXPECT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
    EXPECT_TRUE(run_->running());
    EXPECT_EQ(receiver_.stats().at("conflicting"), 0);
    EXPECT_EQ(run_->status().at("dead_letters").at("count"), 0);
    EXPECT_EQ(notes_.expected().difference(lists_of(receiver_.events())), "");
  }

  PostgresServer server_;
  Notes notes_{server_};
  TestReceiver receiver_;
  std::optional<TestRun> run_;
};

const char* const kChanges[] = {
    "ALTER TABLE notes ADD COLUMN extra text DEFAULT 'x'",
    "ALTER TABLE notes ADD COLUMN more jsonb",
    "ALTER TABLE notes DROP COLUMN extra",
    "ALTER TABLE notes ALTER COLUMN user_id TYPE text",
    "ALTER TABLE notes REPLICA IDENTITY FULL",
    "TRUNCATE notes",
    "ALTER TABLE notes RENAME COLUMN more TO other",
    "VACUUM FULL notes",
};

TEST_P(SchemaChange, WhatTheMappingDoesNotReadMayChangeWhileItStreams) {
  for (const char* change : kChanges) {
    notes_.write(3);
    server_.exec(change);
    notes_.write(3);
    ASSERT_TRUE(receiver_.wait_for_known(notes_.count())) << "after " << change;
  }
  expect_all_arrives();
}

TEST_P(SchemaChange, ARenamedColumnOfTheMappingMakesDeadLettersThatSaySo) {
  notes_.write(3);
  ASSERT_TRUE(receiver_.wait_for_known(notes_.count()));
  server_.exec("ALTER TABLE notes RENAME COLUMN user_id TO account_id");
  server_.exec("INSERT INTO notes VALUES (1000, 1)");
  server_.exec("ALTER TABLE notes RENAME COLUMN account_id TO user_id");
  notes_.write(3);
  EXPECT_TRUE(receiver_.wait_for_known(notes_.count()));
  EXPECT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
  const nlohmann::json letters = run_->status().at("dead_letters");
  EXPECT_EQ(letters.at("count"), 1);
  EXPECT_NE(letters.dump().find("no column 'user_id'"), std::string::npos) << letters;
  EXPECT_EQ(notes_.expected().difference(lists_of(receiver_.events())), "");
}

TEST_P(SchemaChange, RowsOfBeforeTheChangeAreReadAfterIt) {
  run_->kill();
  for (const char* change : kChanges) {
    notes_.write(3);
    server_.exec(change);
    notes_.write(3);
  }
  run_->start();
  expect_all_arrives();
}

INSTANTIATE_TEST_SUITE_P(Plugin, SchemaChange, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });

}  // namespace waltrack
