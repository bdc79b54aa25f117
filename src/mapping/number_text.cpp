#include "mapping/number_text.hpp"

#include <algorithm>
#include <cstddef>

namespace waltrack {
namespace {

constexpr int kMaxExactDigits = 15;
constexpr long kMaxExactExponent = 300;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

size_t skip_digits(std::string_view text, size_t i) {
  while (i < text.size() && is_digit(text[i]))
    ++i;
  return i;
}

// The power of ten of the first significant digit of a number, 0 for zero. Far beyond what a double
// holds it stops growing.
long decimal_exponent(std::string_view number) {
  if (number.starts_with('-')) number.remove_prefix(1);
  const size_t mark = std::min(number.find_first_of("eE"), number.size());
  const std::string_view mantissa = number.substr(0, mark);
  const size_t first = mantissa.find_first_not_of("0.");
  if (first == std::string_view::npos) return 0;
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  long exponent = static_cast<long>(point) - static_cast<long>(first);
  if (first < point) --exponent;
  long written = 0;
  bool negative = false;
  for (const char c : number.substr(std::min(mark + 1, number.size()))) {
    if (c == '-') negative = true;
    if (is_digit(c)) written = std::min(written * 10 + (c - '0'), 1'000'000'000L);
  }
  return exponent + (negative ? -written : written);
}

}  // namespace

bool is_integer_text(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text[0] == '0' && text.size() > 1)) return false;
  return skip_digits(text, 0) == text.size();
}

bool is_exact_integer(std::string_view text) {
  constexpr std::string_view kLargest = "9007199254740991";
  if (!is_integer_text(text)) return false;
  if (text[0] == '-') text.remove_prefix(1);
  return text.size() < kLargest.size() || (text.size() == kLargest.size() && text <= kLargest);
}

bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  size_t i = skip_digits(text, 0);
  if (i == 0 || (text[0] == '0' && i > 1)) return false;
  if (i < text.size() && text[i] == '.') {
    const size_t end = skip_digits(text, i + 1);
    if (end == i + 1) return false;
    i = end;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    const size_t end = skip_digits(text, i);
    if (end == i) return false;
    i = end;
  }
  return i == text.size();
}

int significant_digits(std::string_view number) {
  int digits = 0;
  int zeros = 0;  // seen since the last other digit
  for (const char c : number.substr(0, std::min(number.find_first_of("eE"), number.size()))) {
    if (!is_digit(c)) continue;
    if (c == '0') {
      if (digits > 0) ++zeros;
      continue;
    }
    digits += zeros + 1;
    zeros = 0;
  }
  return digits;
}

bool is_exact_number(std::string_view text) {
  if (!is_json_number(text) || significant_digits(text) > kMaxExactDigits) return false;
  const long exponent = decimal_exponent(text);
  return exponent >= -kMaxExactExponent && exponent <= kMaxExactExponent;
}

// The largest double is 1.7976931348623157e308.
bool is_finite_number(std::string_view text) {
  if (!is_json_number(text)) return false;
  const long exponent = decimal_exponent(text);
  if (exponent != 308) return exponent < 308;
  constexpr std::string_view kLargest = "17976931348623157";
  size_t compared = 0;
  for (const char c : text) {
    if (c == 'e' || c == 'E') break;
    if (!is_digit(c) || (c == '0' && compared == 0)) continue;
    const char limit = compared < kLargest.size() ? kLargest[compared] : '0';
    if (c != limit) return c < limit;
    ++compared;
  }
  return true;
}

}  // namespace waltrack
