#include "postgres/chunk_query.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

Column column(const std::string& name) {
  Column column;
  column.name = name;
  return column;
}

RowKey key_of(std::initializer_list<std::string> parts) {
  RowKey key;
  for (const std::string& part : parts)
    key.append(part, &part == parts.begin());
  return key;
}

// sales.orders with the key (shop, "No"), and a column `note`.
std::shared_ptr<BackfillPlan> orders() {
  auto plan = std::make_shared<BackfillPlan>();
  plan->table = {"sales", "orders"};
  plan->layout.columns = {column("No"), column("note"), column("shop")};
  plan->key = {2, 0};
  plan->leaves = {plan->table};
  return plan;
}

ChunkQuery of_orders(std::shared_ptr<BackfillPlan> plan = orders()) {
  return {std::move(plan),
          {{"shop", "text", "pg_catalog.\"C\"", false}, {"No", "bigint", {}, false}}};
}

std::shared_ptr<BackfillPlan> blobs() {
  auto plan = std::make_shared<BackfillPlan>();
  plan->table = {"public", "blobs"};
  plan->layout.columns = {column("hash")};
  plan->key = {0};
  plan->leaves = {plan->table};
  return plan;
}

ChunkQuery of_blobs() {
  return {blobs(), {{"hash", "bytea", {}, true}}};
}

KeyMark undecided(const RowKey& was, std::optional<RowKey> cursor, std::optional<RowKey> last) {
  KeyMark mark;
  mark.kind = KeyMark::Kind::straggler;
  mark.undecided = KeyMark::From{was, std::move(cursor), std::move(last)};
  return mark;
}

}  // namespace

TEST(ChunkQuery, ARangeComparesTheKeyAsARow) {
  EXPECT_EQ(
      of_orders().rows({{"sales", "orders"}, key_of({"it's", "7"}), key_of({"x", "9"})}, "", 50),
      "COPY (SELECT \"No\", \"note\", \"shop\" FROM ONLY \"sales\".\"orders\" AS \"orders\" WHERE "
      "(\"shop\", \"No\") > ('it''s', '7') AND (\"shop\", \"No\") <= ('x', '9') ORDER BY "
      "\"shop\", \"No\" LIMIT 50) TO STDOUT");
}

TEST(ChunkQuery, AnOpenRangeHasNoCondition) {
  EXPECT_EQ(of_blobs().rows({{"public", "blobs"}, {}, {}}, "", 1),
            "COPY (SELECT \"hash\" FROM ONLY \"public\".\"blobs\" AS \"blobs\" ORDER BY \"hash\" "
            "LIMIT 1) TO STDOUT");
}

TEST(ChunkQuery, ALeafGoesByTheNameOfItsTable) {
  EXPECT_EQ(of_orders().rows({{"y26", "Orders\"Q1"}, {}, {}}, "orders.note > ''", 1),
            "COPY (SELECT \"No\", \"note\", \"shop\" FROM ONLY \"y26\".\"Orders\"\"Q1\" AS "
            "\"orders\" WHERE (\norders.note > ''\n) ORDER BY \"shop\", \"No\" LIMIT 1) TO STDOUT");
}

TEST(ChunkQuery, TheGreatestKeyIsTheFirstOfTheOtherOrder) {
  EXPECT_EQ(of_orders().greatest({"sales", "orders"}),
            "SELECT \"shop\", \"No\" FROM ONLY \"sales\".\"orders\" ORDER BY \"shop\" DESC, "
            "\"No\" DESC LIMIT 1");
}

TEST(ChunkQuery, TheNthKeyPassesOverThoseBefore) {
  EXPECT_EQ(of_blobs().nth({{"public", "blobs"}, key_of({"0a"}), {}}, 100),
            "SELECT \"hash\" FROM ONLY \"public\".\"blobs\" WHERE \"hash\" > '\\x0a' ORDER BY "
            "\"hash\" OFFSET 99 LIMIT 1");
}

TEST(ChunkQuery, PlacesAreATidRange) {
  EXPECT_EQ(of_blobs().rows_at({"public", "blobs"}, "(3,4)", "(9,0)", "true"),
            "COPY (SELECT \"hash\" FROM ONLY \"public\".\"blobs\" AS \"blobs\" WHERE ctid > "
            "'(3,4)'::tid AND ctid < '(9,0)'::tid AND (\ntrue\n)) TO STDOUT");
}

TEST(ChunkQuery, KeysOfAPartitionedTableAreLookedForInAllOfIt) {
  auto plan = orders();
  plan->leaves = {{"sales", "orders_1"}, {"sales", "orders_2"}};
  EXPECT_EQ(of_orders(plan).rows_of({{key_of({"a", "1"}), {}}, {key_of({"b", "2"}), {}}}, "note"),
            "COPY (SELECT \"No\", \"note\", \"shop\" FROM \"sales\".\"orders\" AS \"orders\" WHERE "
            "((\"shop\", \"No\") IN (('a', '1'), ('b', '2'))) AND (\nnote\n) ORDER BY \"shop\", "
            "\"No\") TO STDOUT");
}

TEST(ChunkQuery, AnUndecidedKeyAsksWhetherTheOneOfBeforeLayAhead) {
  EXPECT_EQ(
      of_orders().rows_of({{key_of({"a", "1"}),
                            undecided(key_of({"m", "5"}), key_of({"k", "0"}), key_of({"z", "9"}))}},
                          ""),
      "COPY (SELECT \"No\", \"note\", \"shop\" FROM ONLY \"sales\".\"orders\" AS \"orders\" "
      "WHERE (((\"shop\", \"No\") = ('a', '1') AND NOT ((CAST('m' AS text) COLLATE "
      "pg_catalog.\"C\", CAST('5' AS bigint)) <= (CAST('k' AS text) COLLATE "
      "pg_catalog.\"C\", CAST('0' AS bigint))) AND (CAST('m' AS text) COLLATE "
      "pg_catalog.\"C\", CAST('5' AS bigint)) <= (CAST('z' AS text) COLLATE "
      "pg_catalog.\"C\", CAST('9' AS bigint)))) ORDER BY \"shop\", \"No\") TO STDOUT");
}

TEST(ChunkQuery, WithoutCursorAndLastAnyKeyLayAhead) {
  EXPECT_EQ(of_blobs().rows_of(
                {{key_of({"0a"}), {}}, {key_of({"0b"}), undecided(key_of({"0c"}), {}, {})}}, ""),
            "COPY (SELECT \"hash\" FROM ONLY \"public\".\"blobs\" AS \"blobs\" WHERE (\"hash\" IN "
            "('\\x0a') OR (\"hash\" = '\\x0b')) ORDER BY \"hash\") TO STDOUT");
}

}  // namespace waltrack
