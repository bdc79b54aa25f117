#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace waltrack {

// Reads Postgres' text of an array of any dimension piece by piece: `{1,NULL,"a\"b"}`,
// `[2:4]={…}` (the bounds are skipped). Source: array_out() and array_in() in the server's
// utils/adt/arrayfuncs.c. Views the text it was given; `scratch` holds an element that has escapes.
class ArrayText {
 public:
  enum class Piece { open, close, element, null, end, malformed };

  ArrayText(std::string_view text, char delimiter, std::string& scratch);

  // After end or malformed there is nothing more to ask. Pieces before a malformed one are worth
  // nothing.
  Piece next();

  // The element just read, good until the next call.
  std::string_view element() const { return element_; }

 private:
  bool skip_bounds();
  Piece value();
  Piece close();
  Piece quoted();
  Piece bare();

  std::string_view rest_;
  char delimiter_;
  std::string& scratch_;
  std::string_view element_;
  size_t depth_ = 0;
  bool started_ = false;
  bool first_ = true;  // nothing stands between the last { and here
  bool malformed_ = false;
};

}  // namespace waltrack
