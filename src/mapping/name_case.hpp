#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mapping/value_spec.hpp"

namespace waltrack {

// The words of a name in snake_case, camelCase, "Title Case", kebab-case or a mixture, in lower
// case: "createdAt", "Created At" and "HTTPServer_id" are created at, created at, http server id.
// Digits belong to the word before them. Letters beyond ASCII separate nothing.
std::vector<std::string> name_words(std::string_view name);

// The name as `$case` wants it. A name without a letter or digit stays as it is.
std::string in_case(std::string_view name, NameCase name_case);

}  // namespace waltrack
