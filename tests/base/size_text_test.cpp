#include "base/size_text.hpp"

#include <gtest/gtest.h>

namespace waltrack {

TEST(SizeText, TakesTheLargestUnitThatFits) {
  EXPECT_EQ(size_text(0), "0 bytes");
  EXPECT_EQ(size_text(1023), "1023 bytes");
  EXPECT_EQ(size_text(1024), "1.0 kB");
  EXPECT_EQ(size_text(1536 << 10), "1.5 MB");
  EXPECT_EQ(size_text(int64_t{5} << 50), "5120.0 TB");
}

}  // namespace waltrack
