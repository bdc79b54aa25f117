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

// Three rules over two tables, of which a change of public.users hits one.
class LostColumn : public testing::TestWithParam<std::string> {
 protected:
  static constexpr const char* kMapping = R"yaml(
table: public.users
user_id: id
track:
  - event: Plan
    properties: { plan: plan }
  - event: Name
    properties: { name: name }
---
table: public.orders
user_id: user_id
track:
  - event: Order
    properties: { id: id }
)yaml";

  void SetUp() override {
    server_.exec("CREATE TABLE users (id int PRIMARY KEY, plan text, name text)");
    server_.exec("CREATE TABLE orders (id int PRIMARY KEY, user_id int)");
    RunSettings settings;
    settings.mappings = kMapping;
    settings.plugin = GetParam();
    run_.emplace(server_, receiver_, settings);
    run_->start();
    ASSERT_TRUE(run_->wait_until_streaming());
    server_.exec("INSERT INTO users VALUES (1, 'gold', 'Ann')");
    server_.exec("INSERT INTO orders VALUES (1, 1)");
    ASSERT_TRUE(receiver_.wait_for_known(3));
  }

  size_t received(const std::string& event) const {
    size_t count = 0;
    for (const nlohmann::json& one : receiver_.events())
      count += one.at("event") == event ? 1 : 0;
    return count;
  }
  // Dead letters, when all that was written until now has gone through.
  nlohmann::json dead_letters() {
    EXPECT_TRUE(run_->wait_until_confirmed(current_wal(server_)));
    return run_->status().at("dead_letters");
  }
  void map(const std::string& mapping) {
    const size_t before = count_of(run_->log(), kTakenUp);
    run_->folder().write("mappings/mapping.yaml", mapping);
    ASSERT_TRUE(wait_until([&] { return count_of(run_->log(), kTakenUp) > before; }, kPatience));
  }
  bool wait_for_lacking(const std::string& text) {
    return wait_until(
        [&] {
          return run_->status().at("mappings").at("lacking").dump().find(text) != std::string::npos;
        },
        kPatience);
  }
  // New rows of public.users until an event of one has come: it may lack in the publication first.
  bool comes_again(const std::string& insert) {
    const size_t before = received("Name");
    return wait_until(
        [&] {
          server_.exec(insert);
          return wait_until([&] { return received("Name") > before; }, std::chrono::seconds(1));
        },
        kPatience);
  }

  static constexpr const char* kTakenUp = "mappings reloaded";
  static constexpr const char* kNextUser =
      "INSERT INTO users (id, name) SELECT coalesce(max(id), 0) + 1, 'x' FROM users";

  PostgresServer server_;
  TestReceiver receiver_;
  std::optional<TestRun> run_;
};

TEST_P(LostColumn, MakesDeadLettersOfItsRuleUntilTheMappingIsMended) {
  server_.exec("ALTER TABLE users RENAME plan TO tier");
  server_.exec("INSERT INTO users VALUES (2, 'silver', 'Bob')");
  server_.exec("INSERT INTO users VALUES (3, 'tin', 'Cid')");
  server_.exec("INSERT INTO orders VALUES (2, 1)");
  ASSERT_TRUE(receiver_.wait_for_known(6));
  const nlohmann::json letters = dead_letters();
  EXPECT_EQ(letters.at("count"), 2);
  EXPECT_NE(letters.dump().find("public.users has no column 'plan' since "), std::string::npos)
      << letters;
  EXPECT_NE(letters.dump().find("The table has tier (new), id, name"), std::string::npos)
      << letters;
  EXPECT_EQ(count_of(run_->log(), "names a column that its table no longer has"), 1U);
  EXPECT_EQ(received("Name"), 3U);
  EXPECT_EQ(received("Order"), 2U);

  std::string mended = kMapping;
  mended.replace(mended.find("plan: plan"), 10, "plan: tier");
  map(mended);
  server_.exec("INSERT INTO users VALUES (4, 'lead', 'Dan')");
  ASSERT_TRUE(receiver_.wait_for_known(8));
  EXPECT_EQ(dead_letters().at("count"), 2);
}

TEST_P(LostColumn, GoesOnWhenTheTableHasItAgain) {
  server_.exec("ALTER TABLE users DROP plan");
  server_.exec("INSERT INTO users VALUES (2, 'Bob')");
  ASSERT_TRUE(receiver_.wait_for_known(4));
  EXPECT_EQ(dead_letters().at("count"), 1);
  server_.exec("ALTER TABLE users ADD plan text");
  server_.exec("INSERT INTO users VALUES (3, 'Cid', 'tin')");
  ASSERT_TRUE(receiver_.wait_for_known(6));
  EXPECT_EQ(dead_letters().at("count"), 1);
}

TEST_P(LostColumn, AnotherTypeIsTakenAsItComes) {
  server_.exec("ALTER TABLE users ALTER plan TYPE int USING 7");
  server_.exec("ALTER TABLE users ALTER id TYPE bigint");
  server_.exec("INSERT INTO users VALUES (2, 5, 'Bob')");
  ASSERT_TRUE(receiver_.wait_for_known(5));
  EXPECT_EQ(dead_letters().at("count"), 0);
  EXPECT_EQ(receiver_.events().at(3).at("properties").at("plan"), 5);
}

TEST_P(LostColumn, ATableThatIsMadeAnewComesAgain) {
  server_.exec("DROP TABLE users");
  server_.exec("INSERT INTO orders VALUES (2, 1)");
  ASSERT_TRUE(receiver_.wait_for_known(4));
  EXPECT_TRUE(wait_for_lacking("there is no table public.users any more"));
  server_.exec("CREATE TABLE users (id int PRIMARY KEY, name text, plan text)");
  EXPECT_TRUE(comes_again(kNextUser));
  EXPECT_TRUE(
      wait_until([&] { return run_->status().at("mappings").at("lacking").empty(); }, kPatience));
}

TEST_P(LostColumn, ATableThatTakesTheNameComesInItsPlace) {
  server_.exec("ALTER TABLE users RENAME TO users_of_before");
  server_.exec("CREATE TABLE users (id int PRIMARY KEY, name text, plan text)");
  EXPECT_TRUE(comes_again(kNextUser));
  server_.exec("INSERT INTO users_of_before VALUES (100, 'x', 'of before')");
  server_.exec("INSERT INTO orders VALUES (2, 1)");
  ASSERT_TRUE(wait_until([&] { return received("Order") == 2; }, kPatience));
  for (const nlohmann::json& event : receiver_.events())
    EXPECT_EQ(event.dump().find("of before"), std::string::npos);
}

TEST_P(LostColumn, ATableInAnotherSchemaIsToldUntilItIsBack) {
  server_.exec("CREATE SCHEMA shop");
  server_.exec("ALTER TABLE users SET SCHEMA shop");
  server_.exec("INSERT INTO shop.users VALUES (2, 'x', 'elsewhere')");
  EXPECT_TRUE(wait_for_lacking("map it where it is: shop.users"));
  server_.exec("ALTER TABLE shop.users SET SCHEMA public");
  EXPECT_TRUE(comes_again(kNextUser));
  EXPECT_EQ(dead_letters().at("count"), 0);
}

// pgoutput: the server refuses it while the table is in a publication.
TEST_P(LostColumn, ATableThatIsNotLoggedIsToldUntilItIs) {
  if (GetParam() == "pgoutput") {
    EXPECT_THROW(server_.exec("ALTER TABLE users SET UNLOGGED"), pqxx::sql_error);
    return;
  }
  server_.exec("ALTER TABLE users SET UNLOGGED");
  server_.exec("INSERT INTO users VALUES (2, 'x', 'in no log')");
  EXPECT_TRUE(wait_for_lacking("public.users is unlogged"));
  server_.exec("ALTER TABLE users SET LOGGED");
  EXPECT_TRUE(comes_again(kNextUser));
  for (const nlohmann::json& event : receiver_.events())
    EXPECT_EQ(event.dump().find("in no log"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Plugin, LostColumn, testing::Values("wal2json", "pgoutput"),
                         [](const auto& info) { return info.param; });

}  // namespace waltrack
