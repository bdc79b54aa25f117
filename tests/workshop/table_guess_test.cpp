#include "workshop/table_guess.hpp"

#include <gtest/gtest.h>

#include "workshop/draft_tables.hpp"

namespace waltrack {
namespace {

constexpr ValueKind kInt = ValueKind::int8;
constexpr ValueKind kTime = ValueKind::timestamptz;

std::string users_of(const std::vector<TableFacts>& facts) {
  const SchemaGuess guess = guess_schema(facts);
  return guess.users ? guess.users->full_name() : "";
}

}  // namespace

TEST(TableGuess, UsersAreFoundByNameAndColumns) {
  for (const char* name : {"users", "user", "accounts_user", "customers", "people", "members",
                           "profiles", "auth_user", "User"}) {
    EXPECT_EQ(users_of({DraftTable("things").id().column("name"), users_table(name)}),
              std::string("public.") + name);
  }
}

TEST(TableGuess, TheTableThatMostUserKeysPointToIsUsers) {
  const std::vector<TableFacts> facts = {
      DraftTable("logins").id().column("handle"),
      DraftTable("posts").id().column("author_id", kInt).refers("author_id", "logins"),
      DraftTable("votes").id().column("user_id", kInt).refers("user_id", "logins"),
      DraftTable("regions").id().column("name")};
  EXPECT_EQ(users_of(facts), "public.logins");
}

TEST(TableGuess, MembersOfSomethingAreNotTheUsers) {
  const std::vector<TableFacts> facts = {
      users_table(),
      DraftTable("team_members")
          .id()
          .column("email")
          .column("user_id", kInt)
          .refers("user_id", "users"),
      DraftTable("user_settings").id().column("email").column("user_id", kInt)};
  EXPECT_EQ(users_of(facts), "public.users");
}

TEST(TableGuess, WithoutPeopleThereAreNoUsers) {
  EXPECT_EQ(users_of({DraftTable("products").id().column("name")}), "");
  EXPECT_EQ(users_of({}), "");
}

TEST(TableGuess, AForeignKeyGivesTheUserAndTheNearestNameWins) {
  const std::vector<TableFacts> facts = {users_table(), DraftTable("orders")
                                                            .id()
                                                            .column("approved_by", kInt)
                                                            .column("buyer", kInt)
                                                            .column("user_id", kInt)
                                                            .refers("approved_by", "users")
                                                            .refers("buyer", "users")
                                                            .refers("user_id", "users")};
  const TableGuess orders = guess_schema(facts).tables[1];
  EXPECT_EQ(orders.user_column, "user_id");
  EXPECT_FALSE(orders.user_by_name);
  EXPECT_EQ(orders.other_users, (std::vector<std::string>{"buyer", "approved_by"}));
  EXPECT_EQ(orders.missing, "");
}

TEST(TableGuess, WithoutForeignKeysTheNameDecidesIfTheTypeFits) {
  const std::vector<TableFacts> facts = {
      users_table(), DraftTable("orders").id().column("userId", kInt),
      DraftTable("notes").id().column("user_id", ValueKind::text),
      DraftTable("visits").id().column("customer_id", kInt)};
  const SchemaGuess guess = guess_schema(facts);
  EXPECT_EQ(guess.tables[1].user_column, "userId");
  EXPECT_TRUE(guess.tables[1].user_by_name);
  EXPECT_EQ(guess.tables[2].user_column, "");
  EXPECT_EQ(guess.tables[3].user_column, "");
}

TEST(TableGuess, AProfileThatSharesItsKeyLeadsToTheSameIds) {
  const std::vector<TableFacts> facts = {
      users_table(), DraftTable("patients").id().refers("id", "users"),
      DraftTable("visits").id().column("patient_id", kInt).refers("patient_id", "patients")};
  const SchemaGuess guess = guess_schema(facts);
  EXPECT_EQ(guess.users->name, "users");
  EXPECT_EQ(guess.tables[1].user_column, "id");
  EXPECT_EQ(guess.tables[2].user_column, "patient_id");
}

TEST(TableGuess, APlatformsOwnUsersAreSkippedAndTheirIdsKept) {
  const TableName platform_users{"auth", "users"};
  const std::vector<TableFacts> facts = {
      DraftTable("identities", "auth").id(), DraftTable("refresh_tokens", "auth").id(),
      DraftTable("users", "auth").id().column("email"),
      DraftTable("profiles").id().column("full_name").refers("id", platform_users),
      DraftTable("orders").id().column("user_id", kInt).refers("user_id", platform_users)};
  const SchemaGuess guess = guess_schema(facts);
  EXPECT_NE(guess.tables[2].skipped, "");
  EXPECT_EQ(guess.users, (TableName{"public", "profiles"}));
  EXPECT_EQ(guess.tables[4].user_column, "user_id");
}

TEST(TableGuess, ATableWithoutAWayToAUserSaysWhatIsMissing) {
  const std::vector<TableFacts> facts = {
      users_table(), DraftTable("orders").id().column("user_id", kInt).refers("user_id", "users"),
      DraftTable("order_items").id().column("order_id", kInt).refers("order_id", "orders"),
      DraftTable("customers").id().column("email")};
  const SchemaGuess guess = guess_schema(facts);
  EXPECT_NE(guess.tables[2].missing.find("order_id leads to public.orders"), std::string::npos);
  EXPECT_NE(guess.tables[3].missing.find("would mix with those of public.users"),
            std::string::npos);
}

TEST(TableGuess, ATableWithoutAReplicaIdentityCannotBeFollowed) {
  DraftTable log = DraftTable("log").column("user_id", kInt, false);
  log.facts().identifies = false;
  const std::vector<TableFacts> facts = {users_table(), log};
  EXPECT_NE(guess_schema(facts).tables[1].missing.find("no primary key"), std::string::npos);
}

TEST(TableGuess, AccountsAndMembershipsAreTold) {
  const std::vector<TableFacts> facts = {
      DraftTable("teams").id().column("owner_id", kInt).refers("owner_id", "users"),
      users_table().column("team_id", kInt).refers("team_id", "teams"),
      DraftTable("team_users")
          .column("team_id", kInt)
          .column("user_id", kInt)
          .key({"team_id", "user_id"})
          .refers("team_id", "teams")
          .refers("user_id", "users"),
      DraftTable("invoices")
          .id()
          .column("team_id", kInt)
          .column("user_id", kInt)
          .refers("team_id", "teams")
          .refers("user_id", "users")};
  const SchemaGuess guess = guess_schema(facts);
  EXPECT_EQ(guess.tables[0].role, TableRole::accounts);
  EXPECT_EQ(guess.tables[0].account_column, "id");
  EXPECT_EQ(guess.tables[0].user_column, "owner_id");
  EXPECT_EQ(guess.tables[1].role, TableRole::users);
  EXPECT_EQ(guess.tables[1].account_column, "team_id");
  EXPECT_EQ(guess.tables[2].role, TableRole::membership);
  EXPECT_EQ(guess.tables[3].role, TableRole::other);
}

TEST(TableGuess, FrameworksAndExtensionsAreSkippedAndUnloggedTablesToo) {
  DraftTable of_extension = DraftTable("things").id();
  of_extension.facts().of_extension = true;
  DraftTable unlogged = DraftTable("cache").id();
  unlogged.facts().logged = false;
  const std::vector<TableFacts> facts = {DraftTable("schema_migrations").id(),
                                         DraftTable("ar_internal_metadata").id(),
                                         DraftTable("flyway_schema_history").id(),
                                         DraftTable("alembic_version").id(),
                                         DraftTable("knex_migrations").id(),
                                         DraftTable("django_migrations").id(),
                                         DraftTable("_prisma_migrations").id(),
                                         of_extension,
                                         unlogged};
  for (const TableGuess& guess : guess_schema(facts).tables)
    EXPECT_NE(guess.skipped, "") << guess.object.back();
}

TEST(TableGuess, TimesStatusAndSoftDeletesAreFoundByTheirNames) {
  const std::vector<TableFacts> facts = {
      DraftTable("orders")
          .id()
          .column("updated_at", kTime, false)
          .column("placed_at", kTime, false)
          .column("created_at", kTime)
          .column("state")
          .column("deleted_at", kTime),
      DraftTable("views").id().column("viewed_at", kTime, false),
      DraftTable("codes").id().column("expires_at", kTime, false)};
  const SchemaGuess guess = guess_schema(facts);
  EXPECT_EQ(guess.tables[0].creation_column, "created_at");
  EXPECT_EQ(guess.tables[0].status_column, "state");
  EXPECT_EQ(guess.tables[0].soft_delete_column, "deleted_at");
  EXPECT_EQ(guess.tables[1].creation_column, "viewed_at");
  EXPECT_EQ(guess.tables[2].creation_column, "");
}

TEST(TableGuess, NamesWithoutAnyWordAreBorne) {
  const std::vector<TableFacts> facts = {DraftTable("$$").column("%").key({"%"}), users_table("")};
  EXPECT_EQ(guess_schema(facts).tables[0].object, (std::vector<std::string>{"row"}));
}

}  // namespace waltrack
