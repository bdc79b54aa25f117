#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// Appends the SHA-256 of the bytes in 64 lower-case hexadecimal digits. False, with nothing
// appended, where the crypto library has no SHA-256 to give.
bool append_sha256_hex(std::string& out, std::string_view bytes);

}  // namespace waltrack
