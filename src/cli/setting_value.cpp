#include "cli/setting_value.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace waltrack {

std::optional<uint64_t> to_number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "64MB", "512 kb", "1048576": units are powers of 1024.
std::optional<uint64_t> to_bytes(std::string_view text) {
  const size_t unit_at = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = to_number(text.substr(0, unit_at));
  std::string unit(text.substr(unit_at));
  unit.erase(0, std::min(unit.find_first_not_of(' '), unit.size()));
  for (char& c : unit) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  const std::vector<std::string> units = {"B", "KB", "MB", "GB"};
  const auto found = std::find(units.begin(), units.end(), unit.empty() ? "B" : unit);
  if (!number || found == units.end()) return std::nullopt;
  const auto shift = 10 * (found - units.begin());
  if (*number > (uint64_t{1} << 50) >> shift) return std::nullopt;
  return *number << shift;
}

std::optional<std::chrono::seconds> to_duration(std::string_view text) {
  const size_t unit_at = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = to_number(text.substr(0, unit_at));
  std::string_view unit = text.substr(unit_at);
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  const uint64_t seconds = unit == "s" ? 1 : unit == "min" ? 60 : unit == "h" ? 3600 : 0;
  constexpr uint64_t kDay = 86'400;
  if (!number || seconds == 0 || *number < 1 || *number > kDay / seconds) return std::nullopt;
  return std::chrono::seconds(*number * seconds);
}

}  // namespace waltrack
