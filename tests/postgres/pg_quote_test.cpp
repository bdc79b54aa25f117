#include "postgres/pg_quote.hpp"

#include <gtest/gtest.h>

namespace waltrack {

TEST(PgQuote, DoublesTheMarkAndLeavesAllElse) {
  EXPECT_EQ(quote_identifier("a\"b'c\\"), "\"a\"\"b'c\\\"");
  EXPECT_EQ(quote_literal("a\"b'c\\"), "'a\"b''c\\'");
  EXPECT_EQ(quote_qualified("s", "t.u"), "\"s\".\"t.u\"");
}

}  // namespace waltrack
