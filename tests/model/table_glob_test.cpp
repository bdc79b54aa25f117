#include "model/table_glob.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

TableGlob glob(std::string schema, std::string name) {
  return {{std::move(schema), true}, {std::move(name), true}};
}

TEST(TableGlob, StarStandsForAnyCharactersWithinItsPart) {
  EXPECT_TRUE(glob("tenant_*", "users").matches({"tenant_a", "users"}));
  EXPECT_TRUE(glob("tenant_*", "users").matches({"tenant_", "users"}));
  EXPECT_TRUE(glob("*a*b*", "*").matches({"xxaxxbab", "u"}));
  EXPECT_FALSE(glob("tenant_*", "users").matches({"tenant_a", "users2"}));
  EXPECT_FALSE(glob("*a*b", "*").matches({"xxaxxba", "u"}));
  EXPECT_FALSE(glob("*", "").matches({"public", "users"}));
}

TEST(TableGlob, QuestionMarkStandsForOneCharacterNotByte) {
  EXPECT_TRUE(glob("public", "us?rs").matches({"public", "us\xC3\xA9rs"}));
  EXPECT_FALSE(glob("public", "us?rs").matches({"public", "usrs"}));
}

TEST(TableGlob, ANameThatIsNoGlobTakesItsStarsLiterally) {
  const TableGlob name{{"public", false}, {"odd*", false}};
  EXPECT_TRUE(name.matches({"public", "odd*"}));
  EXPECT_FALSE(name.matches({"public", "odder"}));
  EXPECT_FALSE(name.is_glob());
}

}  // namespace
}  // namespace waltrack
