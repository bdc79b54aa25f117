#include "postgres/message_text.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

using namespace std::string_view_literals;

std::string text_of(std::string_view bytes) {
  std::string buffer;
  return std::string(message_text(bytes, buffer));
}

TEST(MessageText, ThatIsTextStaysWhereItIs) {
  std::string buffer;
  for (const std::string_view text : {""sv, "plain"sv, "näïve 😀 \x01\x7f"sv}) {
    const std::string_view result = message_text(text, buffer);
    EXPECT_EQ(result.data(), text.data());
    EXPECT_EQ(result, text);
  }
}

TEST(MessageText, EachByteThatIsNoneBecomesAReplacementCharacter) {
  EXPECT_EQ(text_of("a\xff\xfez"sv), "a\uFFFD\uFFFDz");
  EXPECT_EQ(text_of("\xe2\x82"sv), "\uFFFD\uFFFD") << "cut off";
  EXPECT_EQ(text_of("\xed\xa0\x80é"sv), "\uFFFD\uFFFD\uFFFDé") << "half of a pair";
  EXPECT_EQ(text_of("a\0b"sv), "a\uFFFDb") << "Postgres has no zeros in a text";
}

}  // namespace
}  // namespace waltrack
