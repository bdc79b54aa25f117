#include "model/row_key.hpp"

#include <gtest/gtest.h>

namespace waltrack {

TEST(RowKey, ItsPartsComeBackAsTheyWere) {
  RowKey key;
  key.append("1", true);
  key.append("", false);
  key.append("a,b", false);
  EXPECT_EQ(key.parts(), (std::vector<std::string>{"1", "", "a,b"}));
  EXPECT_EQ(RowKey{}.parts(), (std::vector<std::string>{""}));
}

TEST(RowKey, WhereOnePartEndsCounts) {
  RowKey one;
  one.append("ab", true);
  one.append("c", false);
  RowKey other;
  other.append("a", true);
  other.append("bc", false);
  EXPECT_NE(one, other);
}

}  // namespace waltrack
