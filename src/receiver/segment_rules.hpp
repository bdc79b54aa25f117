#pragma once

#include <cstddef>
#include <string_view>

#include "receiver/received_event.hpp"

// What Segment's HTTP API refuses, and what it answers 200 to and then loses. "KB" is not defined
// there; the strict reading finds more.
// https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
namespace waltrack {

inline constexpr size_t kMostRequestBytes = 500'000;  // uncompressed; above: 400
inline constexpr size_t kMostEventBytes = 32'000;     // above: 400 for the whole request
inline constexpr size_t kMostRequestEvents = 2'500;   // what comes after them is lost
inline constexpr size_t kMostMessageIdCharacters = 99;

inline constexpr std::string_view kSurplus = "surplus";
inline constexpr std::string_view kNotAnObject = "not_an_object";

// Why Segment would lose this event, as a short fixed code; empty when it would not.
std::string_view drop_reason(const ReceivedEvent& event);

// The code in words.
std::string_view explain_drop(std::string_view reason);

}  // namespace waltrack
