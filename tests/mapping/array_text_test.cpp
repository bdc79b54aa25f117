#include "mapping/array_text.hpp"

#include <gtest/gtest.h>

namespace waltrack {
namespace {

// Pieces in a row: brackets, elements as <text>, N for null, "!" when malformed.
std::string pieces_of(std::string_view text, char delimiter = ',') {
  std::string scratch;
  std::string out;
  ArrayText pieces(text, delimiter, scratch);
  for (;;) {
    switch (pieces.next()) {
      case ArrayText::Piece::open:
        out += "[";
        break;
      case ArrayText::Piece::close:
        out += "]";
        break;
      case ArrayText::Piece::element:
        out += "<" + std::string(pieces.element()) + ">";
        break;
      case ArrayText::Piece::null:
        out += "N";
        break;
      case ArrayText::Piece::end:
        return out;
      case ArrayText::Piece::malformed:
        return "!";
    }
  }
}

TEST(ArrayText, ElementsNullsAndDimensions) {
  EXPECT_EQ(pieces_of("{}"), "[]");
  EXPECT_EQ(pieces_of("{1,NULL,3}"), "[<1>N<3>]");
  EXPECT_EQ(pieces_of("{{a,b},{c,NULL}}"), "[[<a><b>][<c>N]]");
}

TEST(ArrayText, QuotedElementsLoseTheirEscapes) {
  EXPECT_EQ(pieces_of("{\"a\\\"b\",\"c\\\\d\",\"{x}\",\"\",\"null\",\"a,b\",\" x\",\"n\nl\"}"),
            "[<a\"b><c\\d><{x}><><null><a,b>< x><n\nl>]");
}

TEST(ArrayText, BoundsAreSkipped) {
  EXPECT_EQ(pieces_of("[2:4]={1,2,3}"), "[<1><2><3>]");
  EXPECT_EQ(pieces_of("[0:0][-2:-1]={{1,2}}"), "[[<1><2>]]");
}

TEST(ArrayText, DelimiterIsTheTypes) {
  EXPECT_EQ(pieces_of("{(3,4),(1,2);(5,6),(7,8)}", ';'), "[<(3,4),(1,2)><(5,6),(7,8)>]");
}

TEST(ArrayText, MalformedTextIsToldAsSuch) {
  for (const std::string_view bad : {"",
                                     "1",
                                     "{",
                                     "}",
                                     "{1",
                                     "{1,",
                                     "{1,}",
                                     "{,1}",
                                     "{1}2",
                                     "{1}}",
                                     "{\"a}",
                                     "{\"a\\",
                                     "{\"a\"b}",
                                     "{a\"b\"}",
                                     "{a\\b}",
                                     "{{1}",
                                     "{{1}{2}}",
                                     "{1,{2}",
                                     "[1:2]{1}",
                                     "[1]={1}",
                                     "[:]={1}",
                                     "[1:2={1}",
                                     "{{{{{{{1}}}}}}}",
                                     "NULL",
                                     "\"a\""}) {
    EXPECT_EQ(pieces_of(bad), "!") << bad;
  }
}

}  // namespace
}  // namespace waltrack
