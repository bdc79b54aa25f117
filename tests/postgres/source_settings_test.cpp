#include "postgres/source_settings.hpp"

#include <gtest/gtest.h>

namespace waltrack {

TEST(MaskedConninfo, HidesThePasswordOfAUri) {
  const std::string shown =
      masked_conninfo("postgresql://tracker:s%40fe@db.example.com:5433/shop?sslmode=require");
  EXPECT_EQ(shown.find("s@fe"), std::string::npos);
  EXPECT_EQ(shown.find("s%40fe"), std::string::npos);
  EXPECT_NE(shown.find("password=***"), std::string::npos);
  EXPECT_NE(shown.find("host=db.example.com"), std::string::npos);
  EXPECT_NE(shown.find("dbname=shop"), std::string::npos);
}

TEST(MaskedConninfo, HidesPasswordsOfKeysAndValues) {
  const std::string shown = masked_conninfo("host=db password='s e\\'cret' sslpassword=keyword");
  EXPECT_EQ(shown.find("cret"), std::string::npos);
  EXPECT_EQ(shown.find("keyword"), std::string::npos);
  EXPECT_NE(shown.find("host=db"), std::string::npos);
}

TEST(MaskedConninfo, HidesAPasswordAmongTheParametersOfAUri) {
  const std::string shown = masked_conninfo("postgresql:///shop?password=secret&user=tracker");
  EXPECT_EQ(shown.find("secret"), std::string::npos);
  EXPECT_NE(shown.find("user=tracker"), std::string::npos);
}

TEST(MaskedConninfo, ShowsNothingOfAStringThatCannotBeRead) {
  EXPECT_EQ(masked_conninfo("postgresql://tracker:100%secret@db/shop"),
            "(unreadable connection string)");
  EXPECT_EQ(masked_conninfo("host=db secret"), "(unreadable connection string)");
}

}  // namespace waltrack
