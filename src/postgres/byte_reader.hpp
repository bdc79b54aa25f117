#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "postgres/decode_fault.hpp"

namespace waltrack {

// Reads big-endian numbers and texts from the front of a message. Every read is checked: one that
// goes past the end throws a DecodeFault. Texts are views into the message.
class ByteReader {
 public:
  explicit ByteReader(std::string_view message) : rest_(message) {}

  bool at_end() const { return rest_.empty(); }

  uint8_t u8() { return number<uint8_t>(); }
  uint16_t u16() { return number<uint16_t>(); }
  uint32_t u32() { return number<uint32_t>(); }
  uint64_t u64() { return number<uint64_t>(); }
  int64_t i64() { return static_cast<int64_t>(u64()); }
  char letter() { return static_cast<char>(u8()); }

  std::string_view bytes(size_t count) {
    if (count > rest_.size()) throw DecodeFault("it ends too early");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  // Up to a zero byte, which is taken too.
  std::string_view zero_ended() {
    const size_t end = rest_.find('\0');
    if (end == std::string_view::npos) throw DecodeFault("a name has no end");
    const std::string_view taken = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return taken;
  }

 private:
  template <typename Unsigned>
  Unsigned number() {
    uint64_t value = 0;
    for (const char byte : bytes(sizeof(Unsigned))) {
      value = value << 8 | static_cast<unsigned char>(byte);
    }
    return static_cast<Unsigned>(value);
  }

  std::string_view rest_;
};

}  // namespace waltrack
