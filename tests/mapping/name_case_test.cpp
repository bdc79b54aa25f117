#include "mapping/name_case.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

std::string words(std::string_view name) {
  std::string text;
  for (const std::string& word : name_words(name))
    text += word + ".";
  return text;
}

TEST(NameCase, NamesFallIntoWords) {
  EXPECT_EQ(words("created_at"), "created.at.");
  EXPECT_EQ(words("createdAt"), "created.at.");
  EXPECT_EQ(words("Created At"), "created.at.");
  EXPECT_EQ(words("HTTPServer_id"), "http.server.id.");
  EXPECT_EQ(words("address2-line"), "address2.line.");
  EXPECT_EQ(words("__"), "");
}

TEST(NameCase, WordsAreJoinedAnew) {
  EXPECT_EQ(in_case("createdAt", NameCase::snake), "created_at");
  EXPECT_EQ(in_case("created_at", NameCase::camel), "createdAt");
  EXPECT_EQ(in_case("created_at", NameCase::title), "Created At");
  EXPECT_EQ(in_case("created_at", NameCase::as_is), "created_at");
  EXPECT_EQ(in_case("__", NameCase::camel), "__");
}

}  // namespace
}  // namespace waltrack
