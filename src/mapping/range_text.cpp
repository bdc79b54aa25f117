#include "mapping/range_text.hpp"

namespace waltrack {
namespace {

constexpr std::string_view kEmpty = "empty";

// A bound in quotes, where a quote or a backslash is doubled or has a backslash before it.
bool take_quoted(std::string_view& text, std::optional<std::string_view>& bound,
                 std::string& scratch) {
  text.remove_prefix(1);
  scratch.clear();
  for (;;) {
    const size_t special = text.find_first_of("\"\\");
    if (special == std::string_view::npos) return false;
    const bool doubled = special + 1 < text.size() && text[special + 1] == '"';
    if (text[special] == '"' && !doubled) {
      if (scratch.empty()) {
        bound = text.substr(0, special);
      } else {
        scratch.append(text.substr(0, special));
        bound = scratch;
      }
      text.remove_prefix(special + 1);
      return true;
    }
    if (special + 1 >= text.size()) return false;
    scratch.append(text.substr(0, special));
    scratch.push_back(text[special + 1]);
    text.remove_prefix(special + 2);
  }
}

bool take_bound(std::string_view& text, std::optional<std::string_view>& bound,
                std::string& scratch) {
  bound.reset();
  if (text.starts_with('"')) return take_quoted(text, bound, scratch);
  const size_t end = text.find_first_of(",)]([\"\\");
  if (end == std::string_view::npos) return false;
  if (end > 0) bound = text.substr(0, end);
  text.remove_prefix(end);
  return true;
}

bool take_one_of(std::string_view& text, char first, char second, char& taken) {
  if (text.empty() || (text[0] != first && text[0] != second)) return false;
  taken = text[0];
  text.remove_prefix(1);
  return true;
}

}  // namespace

bool take_range(std::string_view& text, RangeText& range, std::string& lower_scratch,
                std::string& upper_scratch) {
  range = RangeText{};
  if (text.starts_with(kEmpty)) {
    text.remove_prefix(kEmpty.size());
    range.empty = true;
    return true;
  }
  char comma = ',';
  return take_one_of(text, '[', '(', range.opening) &&
         take_bound(text, range.lower, lower_scratch) && take_one_of(text, ',', ',', comma) &&
         take_bound(text, range.upper, upper_scratch) && take_one_of(text, ']', ')', range.closing);
}

}  // namespace waltrack
