#include "model/lsn.hpp"

#include <charconv>

namespace waltrack {
namespace {

void append_hex(std::string& out, uint32_t value) {
  char digits[8];
  char* end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  for (char* at = digits; at != end; ++at) {
    out.push_back(*at >= 'a' ? static_cast<char>(*at - 'a' + 'A') : *at);
  }
}

std::optional<uint32_t> parse_hex(std::string_view text) {
  uint32_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string Lsn::text() const {
  std::string text;
  append_hex(text, static_cast<uint32_t>(value >> 32));
  text.push_back('/');
  append_hex(text, static_cast<uint32_t>(value));
  return text;
}

std::optional<Lsn> Lsn::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto high = parse_hex(text.substr(0, slash));
  const auto low = parse_hex(text.substr(slash + 1));
  if (!high || !low) return std::nullopt;
  return Lsn{(static_cast<uint64_t>(*high) << 32) | *low};
}

}  // namespace waltrack
