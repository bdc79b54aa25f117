#include "base/terminal_text.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

TEST(TerminalText, CutsByCharactersAndSaysSo) {
  EXPECT_EQ(cut_to("Grüße", 5), "Grüße");
  EXPECT_EQ(cut_to("Grüße!", 5), "Grüß…");
  EXPECT_EQ(cut_to("Grüße", 0), "Grüße");
}

TEST(TerminalText, HasNoColorsUnlessAsked) {
  EXPECT_EQ(tinted({}, Tint::red, "x"), "x");
  EXPECT_EQ(tinted({.color = true}, Tint::red, "x"), "\x1b[31mx\x1b[0m");
}

TEST(TerminalText, MovesNoCursor) {
  EXPECT_EQ(printable("a\x1b[2Jb\xC2\x9B"
                      "c"),
            "a [2Jb c");
}

}  // namespace
}  // namespace waltrack
