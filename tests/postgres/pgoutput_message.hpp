#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace waltrack {

// Builds a pgoutput message piece by piece.
class PgoutputMessage {
 public:
  explicit PgoutputMessage(char letter) : bytes_(1, letter) {}

  PgoutputMessage&& letter(char value) && { return std::move(*this).number(value, 1); }
  PgoutputMessage&& u8(uint64_t value) && { return std::move(*this).number(value, 1); }
  PgoutputMessage&& u16(uint64_t value) && { return std::move(*this).number(value, 2); }
  PgoutputMessage&& u32(uint64_t value) && { return std::move(*this).number(value, 4); }
  PgoutputMessage&& u64(uint64_t value) && { return std::move(*this).number(value, 8); }
  PgoutputMessage&& name(std::string_view text) && {
    bytes_.append(text).push_back('\0');
    return std::move(*this);
  }
  PgoutputMessage&& bytes(std::string_view text) && {
    bytes_.append(text);
    return std::move(*this);
  }
  // "n" and "u" as in the protocol; anything else is "t" and the text behind it: "t42".
  PgoutputMessage&& tuple(std::initializer_list<std::string_view> values) && {
    PgoutputMessage&& self = std::move(*this).u16(values.size());
    for (const std::string_view value : values) {
      std::move(self).letter(value.front());
      if (value.front() != 't') continue;
      std::move(self).u32(value.size() - 1).bytes(value.substr(1));
    }
    return std::move(self);
  }

  operator std::string() const { return bytes_; }
  operator std::string_view() const { return bytes_; }

  static std::string begin(uint64_t commit_lsn, int64_t time_us, uint32_t xid) {
    return PgoutputMessage('B').u64(commit_lsn).u64(static_cast<uint64_t>(time_us)).u32(xid);
  }
  static std::string commit(uint64_t commit_lsn, uint64_t end_lsn) {
    return PgoutputMessage('C').u8(0).u64(commit_lsn).u64(end_lsn).u64(0);
  }

 private:
  PgoutputMessage&& number(uint64_t value, int size) && {
    for (int i = size - 1; i >= 0; --i)
      bytes_.push_back(static_cast<char>(value >> (8 * i)));
    return std::move(*this);
  }

  std::string bytes_;
};

}  // namespace waltrack
