#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace waltrack {

// JSON as YAML on one line, which reads back as the same: `{ type: track, userId: "7" }`.
std::string flow_yaml(const nlohmann::ordered_json& value);

}  // namespace waltrack
