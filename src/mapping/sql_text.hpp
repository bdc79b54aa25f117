#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/yaml_reader.hpp"

namespace waltrack {

// An SQL expression as it stands in a mapping file.
struct SqlText {
  std::string text;
  SourcePlace place;
  // The text stands in the file as it is, on one line, and `place` is its first character's. Else
  // (block scalars, escapes) `place` is where the value starts.
  bool exact = false;

  // The place of the character at this byte of the text, or the value's when it is not exact.
  SourcePlace place_at(size_t byte) const;
};

// Finds out which scalars of a file stand in it verbatim. Keeps a view of the file's text.
class ScalarPlaces {
 public:
  explicit ScalarPlaces(std::string_view file_text);

  SqlText sql_text(const YamlNode& scalar) const;

 private:
  std::vector<std::string_view> lines_;
};

}  // namespace waltrack
