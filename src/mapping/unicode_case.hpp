#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// Append UTF-8 text in lower or upper case, character by character, in every script (Unicode's
// simple case mapping). Bytes that are not valid UTF-8 stay as they are.
void append_lower(std::string& out, std::string_view text);
void append_upper(std::string& out, std::string_view text);

}  // namespace waltrack
