#include "postgres/message_text.hpp"

#include <simdjson.h>

#include "base/utf8.hpp"

namespace waltrack {

std::string_view message_text(std::string_view bytes, std::string& buffer) {
  const bool has_zero = bytes.find('\0') != std::string_view::npos;
  if (!has_zero && simdjson::validate_utf8(bytes.data(), bytes.size())) return bytes;
  buffer.clear();
  while (!bytes.empty()) {
    const size_t length = bytes.front() == '\0' ? 0 : utf8_length(bytes);
    if (length == 0) {
      buffer.append("\xEF\xBF\xBD");
      bytes.remove_prefix(1);
    } else {
      buffer.append(bytes.substr(0, length));
      bytes.remove_prefix(length);
    }
  }
  return buffer;
}

}  // namespace waltrack
