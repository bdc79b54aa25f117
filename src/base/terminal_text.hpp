#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace waltrack {

// How text for a person is shown.
struct TextLook {
  bool color = false;  // for a terminal
  size_t width = 0;    // columns to cut long values to; 0: never
};

enum class Tint { plain, bold, dim, red, green, yellow, cyan };

// What a terminal shows in that tint; as it is where there are no colors.
std::string tinted(TextLook look, Tint tint, std::string_view text);

// Without control characters, which may move a terminal's cursor.
std::string printable(std::string_view text);

// At most so many characters, the last one … if there were more. 0: as it is.
std::string cut_to(std::string_view text, size_t columns);

size_t characters_of(std::string_view text);

// Blanks behind it up to so many characters.
std::string padded(std::string_view text, size_t columns);

}  // namespace waltrack
