#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// Appends `bytes` in base64 (RFC 4648, section 4), padded.
void append_base64(std::string& out, std::string_view bytes);

}  // namespace waltrack
