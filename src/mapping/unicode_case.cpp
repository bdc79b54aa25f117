#include "mapping/unicode_case.hpp"

#include <utf8proc.h>

namespace waltrack {
namespace {

template <typename Ascii, typename Any>
void append_mapped(std::string& out, std::string_view text, Ascii ascii, Any any) {
  size_t at = 0;
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      out += ascii(text[at++]);
      continue;
    }
    const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at;
    utf8proc_int32_t character = 0;
    const auto length =
        utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - at), &character);
    if (length <= 0) {
      out += text[at++];
      continue;
    }
    utf8proc_uint8_t encoded[4];
    const auto size = utf8proc_encode_char(any(character), encoded);
    out.append(reinterpret_cast<const char*>(encoded), static_cast<size_t>(size));
    at += static_cast<size_t>(length);
  }
}

}  // namespace

void append_lower(std::string& out, std::string_view text) {
  append_mapped(
      out, text, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; },
      utf8proc_tolower);
}

void append_upper(std::string& out, std::string_view text) {
  append_mapped(
      out, text, [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; },
      utf8proc_toupper);
}

}  // namespace waltrack
