#include "base/name_words.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

std::string split(std::string_view name) {
  return snake_case(name_words(name));
}

}  // namespace

TEST(NameWords, SnakeAndCamelCaseSplitAlike) {
  EXPECT_EQ(split("order_items"), "order_items");
  EXPECT_EQ(split("orderItems"), "order_items");
  EXPECT_EQ(split("OrderItemID"), "order_item_id");
  EXPECT_EQ(split("HTTPServer_url"), "http_server_url");
  EXPECT_EQ(split("address_line1"), "address_line1");
  EXPECT_EQ(split("Full Name"), "full_name");
  EXPECT_EQ(split("größe_m2"), "größe_m2");
  EXPECT_EQ(split("__$%"), "");
  EXPECT_EQ(split(""), "");
}

TEST(NameWords, ASingularIsFoundForTheUsualPlurals) {
  EXPECT_EQ(singular("users"), "user");
  EXPECT_EQ(singular("categories"), "category");
  EXPECT_EQ(singular("statuses"), "status");
  EXPECT_EQ(singular("addresses"), "address");
  EXPECT_EQ(singular("purchases"), "purchase");
  EXPECT_EQ(singular("warehouses"), "warehouse");
  EXPECT_EQ(singular("boxes"), "box");
  EXPECT_EQ(singular("people"), "person");
}

TEST(NameWords, WhatIsNoPluralStays) {
  for (const char* word : {"status", "address", "user", "data", "analysis", "news", "s", ""}) {
    EXPECT_EQ(singular(word), word);
  }
}

TEST(NameWords, ATitleBeginsEveryWordWithACapital) {
  EXPECT_EQ(title_case({"order", "item"}), "Order Item");
  EXPECT_EQ(title_case({"2fa", "état"}), "2fa état");
  EXPECT_EQ(title_case({}), "");
}

}  // namespace waltrack
