#include "mapping/hstore_text.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

std::string pairs_of(std::string_view text) {
  std::string key;
  std::string value;
  std::string out;
  HstoreText pairs(text, key, value);
  while (pairs.next()) {
    out += "<" + std::string(pairs.key()) + "=" +
           (pairs.value() ? std::string(*pairs.value()) : "-") + ">";
  }
  return pairs.malformed() ? "!" : out;
}

TEST(HstoreText, PairsWithNullsAndEscapes) {
  EXPECT_EQ(pairs_of(R"(""=>"", "x"=>NULL, "a\"b"=>"c\\d", "NULL"=>"NULL")"),
            R"(<=><x=-><a"b=c\d><NULL=NULL>)");
  EXPECT_EQ(pairs_of(""), "");
}

TEST(HstoreText, MalformedTextIsToldAsSuch) {
  for (const std::string_view bad :
       {"a", "\"a\"", "\"a\"=>", "\"a\"=>b", "\"a\"=>\"b", "\"a\"=>\"b\",",
        "\"a\"=>\"b\"\"c\"=>\"d\"", "\"a\"=>\"b\\", "\"a\"=>NULLx"}) {
    EXPECT_EQ(pairs_of(bad), "!") << bad;
  }
}

}  // namespace
}  // namespace waltrack
