#include "mapping/number_text.hpp"

#include <algorithm>

namespace waltrack {
namespace {

constexpr int kMaxExactDigits = 15;
constexpr long kMaxExactExponent = 300;
constexpr long kMaxExponent = 1'000'000'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Whether the digits of a number of the size 1e308 are at most those of the largest double,
// 1.7976931348623157e308.
bool is_below_largest(std::string_view number) {
  constexpr std::string_view kLargest = "17976931348623157";
  size_t compared = 0;
  for (const char c : number) {
    if (c == 'e' || c == 'E') break;
    if (!is_digit(c) || (c == '0' && compared == 0)) continue;
    const char limit = compared < kLargest.size() ? kLargest[compared] : '0';
    if (c != limit) return c < limit;
    ++compared;
  }
  return true;
}

// Takes the digits at `i` into account; `exponent` is that of the first of them. Returns their end.
size_t scan_digits(std::string_view text, size_t i, long exponent, NumberScan& scan, int& zeros) {
  for (; i < text.size() && is_digit(text[i]); ++i, --exponent) {
    if (text[i] == '0') {
      if (scan.significant_digits > 0) ++zeros;
      continue;
    }
    if (scan.significant_digits == 0) scan.exponent = exponent;
    scan.significant_digits += zeros + 1;
    zeros = 0;
  }
  return i;
}

}  // namespace

bool is_integer_text(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text[0] == '0' && text.size() > 1)) return false;
  return std::all_of(text.begin(), text.end(), is_digit);
}

bool is_exact_integer(std::string_view text) {
  constexpr std::string_view kLargest = "9007199254740991";
  if (!is_integer_text(text)) return false;
  if (text[0] == '-') text.remove_prefix(1);
  return text.size() < kLargest.size() || (text.size() == kLargest.size() && text <= kLargest);
}

NumberScan scan_number(std::string_view text) {
  NumberScan scan;
  int zeros = 0;  // since the last digit that is not zero
  const size_t first = text.starts_with('-') ? 1 : 0;
  size_t i = scan_digits(text, first, 0, scan, zeros);
  if (i == first || (text[first] == '0' && i > first + 1)) return {};
  if (scan.significant_digits > 0) scan.exponent = static_cast<long>(i - first) - 1;
  if (i < text.size() && text[i] == '.') {
    const size_t end = scan_digits(text, i + 1, -1, scan, zeros);
    if (end == i + 1) return {};
    i = end;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    const bool negative = i < text.size() && text[i] == '-';
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    if (i == text.size() || !is_digit(text[i])) return {};
    long written = 0;
    for (; i < text.size() && is_digit(text[i]); ++i) {
      written = std::min(written * 10 + (text[i] - '0'), kMaxExponent);
    }
    if (scan.significant_digits > 0) scan.exponent += negative ? -written : written;
  }
  scan.length = i;
  return scan;
}

bool is_json_number(std::string_view text) {
  return !text.empty() && scan_number(text).length == text.size();
}

bool is_exact_number(std::string_view text) {
  const NumberScan scan = scan_number(text);
  return scan.length > 0 && scan.length == text.size() &&
         scan.significant_digits <= kMaxExactDigits && scan.exponent >= -kMaxExactExponent &&
         scan.exponent <= kMaxExactExponent;
}

bool is_finite_number(std::string_view text) {
  const NumberScan scan = scan_number(text);
  if (scan.length == 0 || scan.length != text.size()) return false;
  return scan.exponent < 308 || (scan.exponent == 308 && is_below_largest(text));
}

}  // namespace waltrack
