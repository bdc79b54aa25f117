#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/yaml_reader.hpp"

namespace waltrack {

// A YAML value as the JSON that `$literal` makes of it: JSON numbers, true, false and null without
// quotes are themselves, any other scalar is a text.
nlohmann::ordered_json literal_json(const YamlNode& node);

}  // namespace waltrack
