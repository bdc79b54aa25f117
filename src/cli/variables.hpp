#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace waltrack {

// Where `${NAME}` in the configuration comes from.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The process's own environment.
Environment process_environment();

// A text with its variables put in, or what is wrong with it (never a value).
struct ExpandedText {
  std::string text;
  std::string fault;  // empty = fine
  std::string hint;
};

// `${NAME}` becomes the variable, which must be set and not empty; `${NAME:-default}` takes the
// default instead; `$$` is a dollar sign.
ExpandedText expand_variables(std::string_view text, const Environment& environment);

}  // namespace waltrack
