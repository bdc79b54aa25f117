#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waltrack {

// A position in the write-ahead log, in bytes. Zero means none.
struct Lsn {
  uint64_t value = 0;

  constexpr bool is_none() const { return value == 0; }
  constexpr auto operator<=>(const Lsn&) const = default;

  std::string text() const;  // "16/B374D848"
  static std::optional<Lsn> parse(std::string_view text);
};

}  // namespace waltrack
