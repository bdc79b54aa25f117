#include "mapping/range_text.hpp"

#include "mapping/quoted_text.hpp"

namespace waltrack {
namespace {

constexpr std::string_view kEmpty = "empty";

bool take_bound(std::string_view& text, std::optional<std::string_view>& bound,
                std::string& scratch) {
  bound.reset();
  if (text.starts_with('"')) {
    std::string_view taken;
    if (!take_quoted(text, QuoteEscape::backslash_or_doubled, taken, scratch)) return false;
    bound = taken;
    return true;
  }
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
