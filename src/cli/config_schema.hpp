#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// The schema's name beside the configuration.
inline constexpr std::string_view kConfigSchemaName = "waltrack.schema.json";

// The JSON Schema (draft-07) of waltrack.yaml, as a file's text, made of config_keys().
std::string config_schema();

}  // namespace waltrack
