#include "mapping/quoted_text.hpp"

namespace waltrack {
namespace {

size_t find_special(std::string_view text) {
  size_t i = 0;
  while (i < text.size() && text[i] != '"' && text[i] != '\\')
    ++i;
  return i;
}

}  // namespace

bool take_quoted(std::string_view& text, QuoteEscape escape, std::string_view& taken,
                 std::string& scratch) {
  if (!text.starts_with('"')) return false;
  text.remove_prefix(1);
  scratch.clear();
  for (;;) {
    const size_t special = find_special(text);
    if (special == text.size()) return false;
    const bool doubled = escape == QuoteEscape::backslash_or_doubled && special + 1 < text.size() &&
                         text[special + 1] == '"';
    if (text[special] == '"' && !doubled) {
      taken = text.substr(0, special);
      if (!scratch.empty()) taken = scratch.append(taken);
      text.remove_prefix(special + 1);
      return true;
    }
    if (special + 1 >= text.size()) return false;
    scratch.append(text.substr(0, special));
    scratch.push_back(text[special + 1]);
    text.remove_prefix(special + 2);
  }
}

}  // namespace waltrack
