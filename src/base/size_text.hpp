#pragma once

#include <cstdint>
#include <string>

namespace waltrack {

// A size for people: "512 bytes", "1.5 MB"; units are powers of 1024.
std::string size_text(int64_t bytes);

}  // namespace waltrack
