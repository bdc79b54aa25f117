#include "mapping/name_case.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

TEST(NameCase, WordsAreJoinedAnew) {
  EXPECT_EQ(in_case("createdAt", NameCase::snake), "created_at");
  EXPECT_EQ(in_case("created_at", NameCase::camel), "createdAt");
  EXPECT_EQ(in_case("created_at", NameCase::title), "Created At");
  EXPECT_EQ(in_case("created_at", NameCase::as_is), "created_at");
  EXPECT_EQ(in_case("__", NameCase::camel), "__");
}

}  // namespace
}  // namespace waltrack
