#pragma once

#include <string_view>

namespace waltrack {

// Whether `text` can stand inside of an event as it is: one JSON value (RFC 8259) that common
// readers take. Refused beyond the grammar: numbers too large for a double, lone surrogates,
// nesting deeper than 512, bytes that are not UTF-8. Blanks around and inside are fine.
bool is_embeddable_json(std::string_view text);

}  // namespace waltrack
