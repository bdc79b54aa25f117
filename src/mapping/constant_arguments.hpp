#pragma once

#include <optional>

#include "mapping/sql_tokens.hpp"

namespace waltrack {

// The first constant argument of a function with which every row would fail: an invalid regular
// expression or reference, a unit that does not exist, a modifier that asks for the machine's time
// zone.
std::optional<SqlFault> find_bad_constant(const SqlTokens& tokens);

}  // namespace waltrack
