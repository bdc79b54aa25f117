#include "pipeline/key_order.hpp"

#include <gtest/gtest.h>
#include <initializer_list>
#include <utility>

namespace waltrack {
namespace {

ColumnType type(ValueKind kind, uint32_t oid = 0) {
  ColumnType type;
  type.kind = kind;
  type.oid = oid;
  return type;
}

RowKey key(std::initializer_list<const char*> parts) {
  RowKey key;
  bool first = true;
  for (const char* part : parts)
    key.append(part, std::exchange(first, false));
  return key;
}

}  // namespace

TEST(KeyOrder, IntegersGoByTheirValue) {
  const KeyOrder order({type(ValueKind::int8)});
  EXPECT_EQ(order.compare(key({"9"}), key({"10"})), std::strong_ordering::less);
  EXPECT_EQ(order.compare(key({"-9"}), key({"-10"})), std::strong_ordering::greater);
  EXPECT_EQ(order.compare(key({"7"}), key({"7"})), std::strong_ordering::equal);
}

TEST(KeyOrder, AUuidGoesByItsText) {
  constexpr uint32_t kUuid = 2950;
  const KeyOrder order({type(ValueKind::text, kUuid)});
  EXPECT_EQ(order.compare(key({"0a"}), key({"b0"})), std::strong_ordering::less);
}

TEST(KeyOrder, OnlyTheServerOrdersTexts) {
  const KeyOrder order({type(ValueKind::text)});
  EXPECT_EQ(order.compare(key({"a"}), key({"b"})), std::nullopt);
  EXPECT_EQ(order.compare(key({"a"}), key({"a"})), std::strong_ordering::equal);
}

TEST(KeyOrder, TheFirstPartThatDiffersDecides) {
  const KeyOrder order({type(ValueKind::int4), type(ValueKind::text), type(ValueKind::int4)});
  EXPECT_EQ(order.compare(key({"1", "b", "1"}), key({"2", "a", "1"})), std::strong_ordering::less);
  EXPECT_EQ(order.compare(key({"1", "a", "3"}), key({"1", "a", "2"})),
            std::strong_ordering::greater);
  EXPECT_EQ(order.compare(key({"1", "a", "1"}), key({"1", "b", "1"})), std::nullopt);
}

TEST(KeyOrder, WhatIsNoNumberIsLeftToTheServer) {
  const KeyOrder order({type(ValueKind::int4)});
  EXPECT_EQ(order.compare(key({"1"}), key({"x"})), std::nullopt);
  EXPECT_EQ(order.compare(key({"1", "2"}), key({"1"})), std::nullopt);
}

}  // namespace waltrack
