#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// Appends the SHA-256 of the bytes as 64 lower-case hex digits.
void append_sha256_hex(std::string& out, std::string_view bytes);

}  // namespace waltrack
