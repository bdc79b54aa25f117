#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace waltrack {

// Postgres' text of a range, `[1,5)`, `(,"2026-01-01 00:00:00+00"]` or `empty`, taken apart.
// Source: range_deparse() and range_parse() in the server's utils/adt/rangetypes.c.
struct RangeText {
  bool empty = false;
  std::optional<std::string_view> lower;  // nothing = unbounded
  std::optional<std::string_view> upper;
  char opening = '[';  // or '('
  char closing = ')';  // or ']'
};

// Takes a range off the front of `text`; false when there is none. A bound without escapes is a
// view of `text`, one with escapes of its scratch.
bool take_range(std::string_view& text, RangeText& range, std::string& lower_scratch,
                std::string& upper_scratch);

}  // namespace waltrack
