#include "base/json_text.hpp"

#include <array>
#include <cstdint>

#include "base/utf8.hpp"

namespace waltrack {
namespace {

// 0: copied as it is; 1: needs an escape; 2: begins a multi-byte sequence or is a stray byte.
constexpr std::array<uint8_t, 256> kClass = [] {
  std::array<uint8_t, 256> table{};
  for (int i = 0; i < 0x20; ++i)
    table[i] = 1;
  table['"'] = 1;
  table['\\'] = 1;
  for (int i = 0x80; i < 0x100; ++i)
    table[i] = 2;
  return table;
}();

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default: {
      constexpr char kHex[] = "0123456789abcdef";
      const auto byte = static_cast<uint8_t>(c);
      const char text[] = {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
      out.append(text, sizeof text);
    }
  }
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  size_t copied = 0;
  size_t i = 0;
  while (i < text.size()) {
    const uint8_t kind = kClass[static_cast<uint8_t>(text[i])];
    if (kind == 0) {
      ++i;
      continue;
    }
    if (kind == 2) {
      const size_t length = utf8_length(text.substr(i));
      if (length > 0) {
        i += length;
        continue;
      }
    }
    out.append(text.substr(copied, i - copied));
    if (kind == 1) {
      append_escape(out, text[i]);
    } else {
      out.append("\xEF\xBF\xBD");
    }
    copied = ++i;
  }
  out.append(text.substr(copied));
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  append_json_escaped(out, text);
  out.push_back('"');
}

}  // namespace waltrack
