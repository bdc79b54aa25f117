#include "model/lsn.hpp"

#include <gtest/gtest.h>

namespace waltrack {

TEST(Lsn, TextIsAsPostgresWritesIt) {
  EXPECT_EQ((Lsn{0x16B374D848}).text(), "16/B374D848");
  EXPECT_EQ(Lsn{}.text(), "0/0");
  EXPECT_EQ(Lsn{0x0A}.text(), "0/A");
}

TEST(Lsn, ParseReadsItBack) {
  EXPECT_EQ(Lsn::parse("16/B374D848"), Lsn{0x16B374D848});
  EXPECT_EQ(Lsn::parse("ffffffff/ffffffff"), Lsn{UINT64_MAX});
}

TEST(Lsn, ParseRefusesWhatIsNotAnLsn) {
  for (const char* text :
       {"", "/", "0", "0/", "/0", "x/0", "0/x", "1/2/3", "100000000/0", "-1/0"}) {
    EXPECT_EQ(Lsn::parse(text), std::nullopt) << text;
  }
}

}  // namespace waltrack
