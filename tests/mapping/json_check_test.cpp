#include "mapping/json_check.hpp"

#include <gtest/gtest.h>
#include <string>

namespace waltrack {
namespace {

std::string nested(size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(JsonCheck, TakesWhatTheGrammarTakes) {
  for (const std::string_view good :
       {"null", "true", " false ", "0", "-1.5e+10", "\"\"", "\"\\u00e4\\n\\/\"",
        "\"\\ud83d\\ude00\"", "[]", "{}", "[ ]", "{ }", "[1, [2, {}], \"x\"]",
        "{\"a\": {\"b\": [null]}, \"a\": 1}", "{\"a\":\n\t1}\r\n", "\"\xC3\xA4\xF0\x9F\x98\x80\"",
        "123456789012345678901234567890"}) {
    EXPECT_TRUE(is_embeddable_json(good)) << good;
  }
}

TEST(JsonCheck, RefusesWhatTheGrammarRefuses) {
  for (const std::string_view bad :
       {"",          " ",         "nul",      "nulll",    "tru",     "01",       "1.",
        ".5",        "+1",        "NaN",      "Infinity", "'a'",     "\"",       "\"\\",
        "\"\\x\"",   "\"\\u12\"", "\"a\nb\"", "[",        "]",       "[1",       "[1,]",
        "[,1]",      "[1 2]",     "{",        "{a:1}",    "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
        "{\"a\":1]", "[1}",       "1 2",      "[] []",    "{} x",    "{1:2}",    "\"a\"b"}) {
    EXPECT_FALSE(is_embeddable_json(bad)) << bad;
  }
  EXPECT_FALSE(is_embeddable_json(std::string_view("\"\\\0\"", 4)));
  EXPECT_FALSE(is_embeddable_json(std::string_view("1\0", 2)));
}

TEST(JsonCheck, RefusesWhatCommonReadersRefuse) {
  for (const std::string_view bad :
       {"1e999", "[-1e309]", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\\ud800x\"",
        "\"\xFF\"", "\"\xC3\""}) {
    EXPECT_FALSE(is_embeddable_json(bad)) << bad;
  }
  EXPECT_TRUE(is_embeddable_json(nested(512)));
  EXPECT_FALSE(is_embeddable_json(nested(513)));
  EXPECT_FALSE(is_embeddable_json(std::string(1'000'000, '[')));
}

}  // namespace
}  // namespace waltrack
