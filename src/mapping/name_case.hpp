#pragma once

#include <string>
#include <string_view>

#include "mapping/value_spec.hpp"

namespace waltrack {

// The name as `$case` wants it. A name without a letter or digit stays as it is.
std::string in_case(std::string_view name, NameCase name_case);

}  // namespace waltrack
