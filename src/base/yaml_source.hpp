#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"

namespace waltrack {

// The text of a YAML file as the parser sees it (no byte order mark, lines end in \n), and the
// questions about it that the parser can't answer. Positions are byte offsets into text().
class YamlSource {
 public:
  static constexpr size_t npos = std::string::npos;

  YamlSource(std::string_view text, std::string file);

  const std::string& text() const { return text_; }
  SourcePlace place(size_t position) const;

  // What keeps this text from being read at all: its size, its encoding, a control character.
  std::optional<Diagnostic> unreadable() const;

  // Where the value at `position` begins, its anchor and tag skipped; `tag` gets the tag's position
  // or npos.
  size_t skip_properties(size_t position, size_t& tag) const;

  // The closing quote that belongs to the opening one at `open`, or npos.
  size_t closing_quote(size_t open) const;

  // The opening quote of a quoted text that ends just before `position` (blanks between), or npos.
  size_t quoted_text_before(size_t position) const;

  // The first opening quote at or after `position` that is not in a comment, or npos.
  size_t next_quote(size_t position) const;

  // Bytes from the line's begin to `position`.
  size_t column_bytes(size_t position) const;
  // Whether `word` stands at `position`.
  bool has(size_t position, std::string_view word) const;
  char at(size_t position) const { return position < text_.size() ? text_[position] : '\0'; }

 private:
  static constexpr size_t kBlock = 256;

  size_t characters_before(size_t position) const;
  bool begins_value(size_t position) const;

  std::string file_;
  std::string text_;
  std::vector<size_t> line_starts_;
  std::vector<size_t> characters_;  // before each block of kBlock bytes
};

}  // namespace waltrack
