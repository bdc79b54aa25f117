#include "cli/dead_selection.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace waltrack {

TEST(DeadSelection, NumbersMayCarryTheirSign) {
  EXPECT_EQ(letter_number("12"), 12);
  EXPECT_EQ(letter_number("#12"), 12);
  for (const char* text : {"", "#", "0", "-1", "1-2", "12x", "99999999999999999999"})
    EXPECT_THROW(letter_number(text), Error) << text;
}

TEST(DeadSelection, BecomesAFilter) {
  DeadSelection selection;
  selection.numbers = {"3", "#5"};
  selection.table = "orders";
  selection.rule = "Order Placed";
  selection.reason = "refused";
  selection.since = "2h";
  selection.before = "1970-01-02";
  const state::DeadLetterFilter filter = filter_of(selection, 7'200'000'009);
  EXPECT_EQ(filter.numbers, (std::vector<int64_t>{3, 5}));
  EXPECT_EQ(filter.table, "orders");
  EXPECT_EQ(filter.rule, "Order Placed");
  EXPECT_EQ(filter.reason, "refused");
  EXPECT_EQ(filter.since_us, 9);
  EXPECT_EQ(filter.before_us, 86'400'000'000);
}

TEST(DeadSelection, WhatIsNoTimeIsToldWithItsOption) {
  DeadSelection selection;
  selection.before = "yesterday";
  try {
    filter_of(selection, 0);
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), "--before");
    EXPECT_EQ(error.exit_code(), 2);
  }
}

TEST(DeadSelection, ANumberThatIsNotThereIsToldBeforeAnythingIsDone) {
  state::DeadLetterFilter filter;
  filter.numbers = {1, 99};
  EXPECT_NO_THROW(require_found(filter, {99, 1, 2}));
  try {
    require_found(filter, {1, 2});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("#99"), std::string::npos);
  }
}

TEST(DeadSelection, NothingIsNotAll) {
  DeadSelection selection;
  EXPECT_THROW(require_selection(selection, "waltrack dead drop"), Error);
  selection.all = true;
  EXPECT_NO_THROW(require_selection(selection, "waltrack dead drop"));
  selection.reason = "refused";
  EXPECT_THROW(require_selection(selection, "waltrack dead drop"), Error);
  selection.all = false;
  EXPECT_NO_THROW(require_selection(selection, "waltrack dead drop"));
}

}  // namespace waltrack
