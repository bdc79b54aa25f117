#include "web/token_check.hpp"

#include <gtest/gtest.h>

namespace waltrack {

TEST(TokenCheck, OnlyTheTokenItselfIsIt) {
  EXPECT_TRUE(shows_token("Bearer s3cret", "s3cret"));
  EXPECT_TRUE(shows_token("bearer s3cret", "s3cret"));  // the scheme's case does not count
  for (const char* wrong :
       {"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cretX", "Bearer S3CRET", "s3cret",
        "Basic s3cret", "Bearer s3crets3cret", "Bearer  s3cret", "Bearer s3creT"}) {
    EXPECT_FALSE(shows_token(wrong, "s3cret")) << wrong;
  }
}

TEST(TokenCheck, NoneIsAskedForWhereNoneIsSet) {
  EXPECT_TRUE(shows_token("", ""));
  EXPECT_TRUE(shows_token("Bearer anything", ""));
}

}  // namespace waltrack
