#pragma once

#include <cstddef>
#include <string_view>

namespace waltrack {

// An optional minus and digits, as Postgres writes integers: no plus, no leading zeros.
bool is_integer_text(std::string_view text);

// An integer within ±(2⁵³ − 1), which every JSON reader carries exactly.
bool is_exact_integer(std::string_view text);

// A number as JSON spells it (RFC 8259, section 6). NaN and Infinity are none.
bool is_json_number(std::string_view text);

// The number as JSON spells it at the start of a text.
struct NumberScan {
  size_t length = 0;  // 0 = there is none
  // Digits from the first to the last that is not zero: at most 15 of them survive a double.
  int significant_digits = 0;
  long exponent = 0;  // the power of ten of the first significant digit; stops growing at 1e9
};
NumberScan scan_number(std::string_view text);

// A number as JSON spells it that a double carries exactly: at most 15 significant digits and a
// magnitude between 1e-300 and 1e300.
bool is_exact_number(std::string_view text);

// A number as JSON spells it that is not too large for a double, exactly or not.
bool is_finite_number(std::string_view text);

}  // namespace waltrack
