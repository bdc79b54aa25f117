#include "workshop/column_guess.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

Column column(std::string name, ValueKind kind = ValueKind::text) {
  Column made;
  made.name = std::move(name);
  made.type.kind = kind;
  return made;
}

ColumnUse use(std::string name, ValueKind kind = ValueKind::text, bool of_people = false) {
  return guess_column(column(std::move(name), kind), {}, of_people);
}

}  // namespace

TEST(ColumnGuess, WhatIsPersonalOrSecretIsLeftOut) {
  EXPECT_EQ(use("email"), ColumnUse::personal);
  EXPECT_EQ(use("shipping_address", ValueKind::json), ColumnUse::personal);
  EXPECT_EQ(use("password_digest"), ColumnUse::secret);
  EXPECT_EQ(use("phone", ValueKind::boolean), ColumnUse::send);
}

TEST(ColumnGuess, ANameIsPersonalWhereRowsArePeople) {
  EXPECT_EQ(use("name", ValueKind::text, true), ColumnUse::personal);
  EXPECT_EQ(use("name", ValueKind::text, false), ColumnUse::send);
}

TEST(ColumnGuess, WhatAReceiverCannotUseIsLeftOut) {
  EXPECT_EQ(use("avatar", ValueKind::bytea), ColumnUse::binary);
  Column search = column("search");
  search.type.name = "tsvector";
  EXPECT_EQ(guess_column(search, {}, false), ColumnUse::binary);
  ColumnFacts generated;
  generated.generated = true;
  EXPECT_EQ(guess_column(column("total"), generated, false), ColumnUse::computed);
  EXPECT_EQ(use("updated_at", ValueKind::timestamptz), ColumnUse::upkeep);
}

TEST(ColumnGuess, WhatNeedsALookIsToldApart) {
  EXPECT_EQ(use("settings", ValueKind::json), ColumnUse::document);
  EXPECT_EQ(use("notes"), ColumnUse::free_text);
  EXPECT_EQ(use("last_seen_at", ValueKind::timestamptz), ColumnUse::activity);
  EXPECT_EQ(use("tags", ValueKind::array), ColumnUse::send);
}

}  // namespace waltrack
