#include "base/json_text.hpp"

#include <array>
#include <cstdint>

namespace waltrack {
namespace {

// 0: copied as it is; 1: needs an escape; 2: begins a multi-byte sequence or is a stray byte.
constexpr std::array<uint8_t, 256> kClass = [] {
  std::array<uint8_t, 256> table{};
  for (int i = 0; i < 0x20; ++i) table[i] = 1;
  table['"'] = 1;
  table['\\'] = 1;
  for (int i = 0x80; i < 0x100; ++i) table[i] = 2;
  return table;
}();

// The length of the valid UTF-8 sequence at the start of `text`, or 0. RFC 3629, section 4.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto follows = [&](size_t i, uint8_t low, uint8_t high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const uint8_t lead = byte(0);
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;
    const uint8_t high = lead == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

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
