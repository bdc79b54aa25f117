#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace waltrack {

// The known name that `name` was most likely meant to be (edit distance with swaps, case ignored),
// or nothing when none is near enough to be worth suggesting.
std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> known);

// "did you mean 'x'?" or, when nothing is near, "known: a, b, c" (at most 12 of them).
std::string suggest_name(std::string_view name, std::span<const std::string> known);

}  // namespace waltrack
