#include "base/terminal_text.hpp"

#include <algorithm>

namespace waltrack {
namespace {

std::string_view code_of(Tint tint) {
  switch (tint) {
    case Tint::plain:
      return "";
    case Tint::bold:
      return "\x1b[1m";
    case Tint::dim:
      return "\x1b[2m";
    case Tint::red:
      return "\x1b[31m";
    case Tint::green:
      return "\x1b[32m";
    case Tint::yellow:
      return "\x1b[33m";
    case Tint::cyan:
      return "\x1b[36m";
  }
  return "";
}

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

}  // namespace

std::string tinted(TextLook look, Tint tint, std::string_view text) {
  if (!look.color || tint == Tint::plain) return std::string(text);
  return std::string(code_of(tint)).append(text).append("\x1b[0m");
}

std::string printable(std::string_view text) {
  std::string clean;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1) ++i;
    clean.push_back(c1 || byte < 0x20 || byte == 0x7F ? ' ' : text[i]);
  }
  return clean;
}

std::string cut_to(std::string_view text, size_t columns) {
  if (columns == 0) return std::string(text);
  size_t used = 0;
  size_t keep = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!begins_character(text[i])) continue;
    if (++used == columns) keep = i;
    if (used > columns) return std::string(text.substr(0, keep)).append("…");
  }
  return std::string(text);
}

size_t characters_of(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, begins_character));
}

std::string padded(std::string_view text, size_t columns) {
  std::string out(text);
  const size_t used = characters_of(text);
  return used < columns ? out.append(columns - used, ' ') : out;
}

}  // namespace waltrack
