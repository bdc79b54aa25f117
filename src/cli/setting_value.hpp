#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

// What the values of waltrack.yaml mean. Nothing: the text means none.
namespace waltrack {

std::optional<uint64_t> to_number(std::string_view text);

// "64MB", "512 kb", "1048576": units are powers of 1024.
std::optional<uint64_t> to_bytes(std::string_view text);

// "30s", "5min", "1h": from a second to a day.
std::optional<std::chrono::seconds> to_duration(std::string_view text);

}  // namespace waltrack
