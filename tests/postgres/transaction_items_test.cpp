#include "postgres/transaction_items.hpp"

#include <gtest/gtest.h>

#include "postgres/decode_fault.hpp"
#include "postgres/fake_catalog.hpp"

namespace waltrack {
namespace {

class TransactionItemsTest : public testing::Test {
 protected:
  uint32_t ordinal_of_row(ResolvedTable& resolved, Lsn lsn) {
    items.start_message();
    items.row(Op::insert, lsn, resolved, registry.layout(resolved, {}, ReplicaIdentity::key), {},
              {});
    StreamItem item;
    EXPECT_TRUE(items.next(item));
    return item.change.ordinal;
  }

  FakeCatalog catalog;
  TableRegistry registry{catalog};
  ResolvedTable& users = registry.resolve("public", "users");
  ResolvedTable& orders = registry.resolve("public", "orders");
  TransactionItems items;
};

TEST_F(TransactionItemsTest, OrdinalsDoNotDependOnOtherTables) {
  items.begin({7, 0, Lsn{100}});
  EXPECT_EQ(ordinal_of_row(users, Lsn{50}), 0U);
  EXPECT_EQ(ordinal_of_row(orders, Lsn{50}), 0U);
  EXPECT_EQ(ordinal_of_row(users, Lsn{50}), 1U);
  EXPECT_EQ(ordinal_of_row(orders, Lsn{60}), 0U);
  EXPECT_EQ(ordinal_of_row(users, Lsn{50}), 2U);
}

TEST_F(TransactionItemsTest, ATransactionThatComesAgainCountsAnew) {
  for (int i = 0; i < 2; ++i) {
    items.begin({7, 0, Lsn{100}});
    EXPECT_EQ(ordinal_of_row(users, Lsn{50}), 0U);
    items.commit(Lsn{100}, Lsn{120});
  }
}

TEST_F(TransactionItemsTest, EveryItemCarriesItsTransaction) {
  items.begin({7, 1234, Lsn{100}});
  items.truncate(Lsn{50}, users, registry.layout(users, {}, ReplicaIdentity::key));
  items.commit(Lsn{100}, Lsn{120});
  StreamItem item;
  for (const auto kind :
       {StreamItem::Kind::begin, StreamItem::Kind::change, StreamItem::Kind::commit}) {
    ASSERT_TRUE(items.next(item));
    EXPECT_EQ(item.kind, kind);
    EXPECT_EQ(item.transaction.xid, 7U);
    EXPECT_EQ(item.transaction.commit_time_us, 1234);
    EXPECT_EQ(item.transaction.commit_lsn, Lsn{100});
  }
  EXPECT_EQ(item.end_lsn, Lsn{120});
  EXPECT_FALSE(items.next(item));
}

TEST_F(TransactionItemsTest, AMessageOfNoTransactionIsOneOfItsOwn) {
  const Table table = message_table("shop");
  items.message(&table, Lsn{104}, false, {});
  StreamItem item;
  for (const auto kind :
       {StreamItem::Kind::begin, StreamItem::Kind::change, StreamItem::Kind::commit}) {
    ASSERT_TRUE(items.next(item));
    EXPECT_EQ(item.kind, kind);
    EXPECT_EQ(item.transaction.xid, 0U);
    EXPECT_FALSE(item.transaction.has_commit_time());
    EXPECT_EQ(item.transaction.commit_lsn, Lsn{103}) << "inside of its record, which ends at 104";
  }
  EXPECT_EQ(item.end_lsn, Lsn{104});
  EXPECT_FALSE(items.next(item));
}

TEST_F(TransactionItemsTest, MessagesOutOfOrderAreFaults) {
  const Table& table = registry.layout(users, {}, ReplicaIdentity::key);
  EXPECT_THROW(items.commit(Lsn{100}, Lsn{120}), DecodeFault);
  EXPECT_THROW(items.row(Op::insert, Lsn{50}, users, table, {}, {}), DecodeFault);
  EXPECT_THROW(items.truncate(Lsn{50}, users, table), DecodeFault);
  EXPECT_THROW(items.message(&table, Lsn{50}, true, {}), DecodeFault);
  EXPECT_THROW(items.message(&table, Lsn{}, false, {}), DecodeFault);
  items.begin({7, 0, Lsn{100}});
  EXPECT_THROW(items.begin({8, 0, Lsn{200}}), DecodeFault);
  EXPECT_THROW(items.message(&table, Lsn{50}, false, {}), DecodeFault);
  EXPECT_THROW(items.commit(Lsn{101}, Lsn{120}), DecodeFault);
  EXPECT_THROW(items.commit(Lsn{100}, Lsn{99}), DecodeFault);
}

}  // namespace
}  // namespace waltrack
