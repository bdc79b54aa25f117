#include "receiver/seen_messages.hpp"

#include <gtest/gtest.h>

namespace waltrack {

TEST(SeenMessages, RepetitionIsToldFromConflict) {
  SeenMessages seen;
  EXPECT_EQ(seen.remember("a", 1), SeenMessages::Answer::first);
  EXPECT_EQ(seen.remember("b", 1), SeenMessages::Answer::first);
  EXPECT_EQ(seen.remember("a", 1), SeenMessages::Answer::same);
  EXPECT_EQ(seen.remember("a", 2), SeenMessages::Answer::different);
  EXPECT_EQ(seen.remember("a", 1), SeenMessages::Answer::same);
  EXPECT_EQ(seen.size(), 2U);
}

TEST(SeenMessages, ForgottenIdIsNewAgain) {
  SeenMessages seen;
  seen.remember("a", 1);
  seen.forget("a");
  EXPECT_EQ(seen.remember("a", 2), SeenMessages::Answer::first);
}

}  // namespace waltrack
