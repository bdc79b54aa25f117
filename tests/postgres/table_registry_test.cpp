#include "postgres/table_registry.hpp"

#include <gtest/gtest.h>

#include "postgres/fake_catalog.hpp"

namespace waltrack {
namespace {

TEST(RowCounter, CountsWhileTransactionAndLsnStay) {
  RowCounter counter;
  EXPECT_EQ(counter.next_row(1, Lsn{10}), 0U);
  EXPECT_EQ(counter.next_row(1, Lsn{10}), 1U);
  EXPECT_EQ(counter.next_row(1, Lsn{11}), 0U);
  EXPECT_EQ(counter.next_row(1, Lsn{11}), 1U);
  EXPECT_EQ(counter.next_row(2, Lsn{11}), 0U);
}

TEST(RowCounter, TellsTheFirstTruncateOfAnLsn) {
  RowCounter counter;
  EXPECT_TRUE(counter.first_truncate(1, Lsn{10}));
  EXPECT_FALSE(counter.first_truncate(1, Lsn{10}));
  EXPECT_TRUE(counter.first_truncate(1, Lsn{11}));
  EXPECT_TRUE(counter.first_truncate(2, Lsn{11}));
}

TEST(TableRegistry, PartitionsShareTheirRootsCount) {
  FakeCatalog catalog;
  catalog.roots["public.orders_2025"] = {"public", "orders"};
  catalog.roots["public.orders_2026"] = {"public", "orders"};
  TableRegistry registry(catalog);
  ResolvedTable& a = registry.resolve("public", "orders_2025");
  ResolvedTable& b = registry.resolve("public", "orders_2026");
  EXPECT_EQ(&a, &b);
  EXPECT_EQ(registry.layout(a, {}, ReplicaIdentity::key).full_name(), "public.orders");
}

TEST(TableRegistry, TheSameLayoutIsTheSameTable) {
  FakeCatalog catalog;
  TableRegistry registry(catalog);
  ResolvedTable& users = registry.resolve("public", "users");
  const auto columns = [&](uint32_t oid, bool key) {
    return std::vector<Column>{registry.column("id", oid, key)};
  };
  const Table& first = registry.layout(users, columns(20, true), ReplicaIdentity::key);
  const Table& other_type = registry.layout(users, columns(23, true), ReplicaIdentity::key);
  const Table& other_key = registry.layout(users, columns(20, false), ReplicaIdentity::key);
  const Table& other_identity = registry.layout(users, columns(20, true), ReplicaIdentity::full);
  EXPECT_EQ(&registry.layout(users, columns(20, true), ReplicaIdentity::key), &first);
  EXPECT_EQ(other_type.id, first.id + 1);
  EXPECT_EQ(other_key.id, first.id + 2);
  EXPECT_EQ(other_identity.id, first.id + 3);
}

TEST(TableRegistry, AnIdIsNeverUsedTwiceNotEvenByTheNextConnection) {
  FakeCatalog catalog;
  TableRegistry before(catalog);
  const Table& old_table = before.layout(before.resolve("a", "t"), {}, ReplicaIdentity::key);
  TableRegistry after(catalog);
  EXPECT_NE(after.layout(after.resolve("a", "u"), {}, ReplicaIdentity::key).id, old_table.id);
}

TEST(TableRegistry, SameColumnsOfAnotherTableAreAnotherTable) {
  FakeCatalog catalog;
  TableRegistry registry(catalog);
  const Table& a = registry.layout(registry.resolve("a", "b.c"), {}, ReplicaIdentity::key);
  const Table& b = registry.layout(registry.resolve("a.b", "c"), {}, ReplicaIdentity::key);
  EXPECT_NE(a.id, b.id);
}

TEST(TableRegistry, APrefixThatIsFollowedIsATable) {
  FakeCatalog catalog;
  const std::string prefixes[] = {"shop.checkout", "", "shop.checkout"};
  const TableRegistry registry(catalog, prefixes);
  const Table* checkout = registry.find_message_table("shop.checkout");
  const Table* empty = registry.find_message_table("");
  ASSERT_NE(checkout, nullptr);
  ASSERT_NE(empty, nullptr);
  EXPECT_NE(checkout->id, empty->id);
  EXPECT_EQ(registry.find_message_table("shop"), nullptr);
  EXPECT_TRUE(checkout->is_message());
  EXPECT_EQ(checkout->full_name(), "message:shop.checkout");
  ASSERT_EQ(checkout->columns.size(), 1U);
  EXPECT_EQ(checkout->columns[0].name, "content");
}

}  // namespace
}  // namespace waltrack
