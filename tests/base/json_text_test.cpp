#include "base/json_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace waltrack {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

TEST(JsonText, EscapesQuotesBackslashesAndControlCharacters) {
  EXPECT_EQ(quoted("a\"b\\c\n\r\t\x01\x1f"), R"("a\"b\\c\n\r\t\u0001\u001f")");
  EXPECT_EQ(quoted(std::string_view("\0", 1)), "\"\\u0000\"");
}

TEST(JsonText, ValidUtf8IsCopied) {
  EXPECT_EQ(quoted("žluťoučký 🐎 \x7f"), "\"žluťoučký 🐎 \x7f\"");
}

TEST(JsonText, InvalidBytesBecomeTheReplacementCharacter) {
  EXPECT_EQ(quoted("a\xff"), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(quoted("\xc3"), "\"\xEF\xBF\xBD\"");                          // cut off
  EXPECT_EQ(quoted("\xc0\xaf"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");          // overlong
  EXPECT_EQ(quoted("\xed\xa0\x80").find("\xed\xa0"), std::string::npos);  // a surrogate
}

TEST(JsonText, EveryPairOfBytesParses) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const char bytes[] = {static_cast<char>(a), static_cast<char>(b)};
      ASSERT_TRUE(nlohmann::json::accept(quoted({bytes, 2}))) << a << " " << b;
    }
  }
}

}  // namespace waltrack
