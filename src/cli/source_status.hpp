#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "model/source_state.hpp"

namespace waltrack {

// How the source fares, as `waltrack status` tells it: pairs of a name and a text. `age` tells a
// time for a person; `running`: whether the run that wrote it still does.
std::vector<std::pair<std::string, std::string>> source_lines(
    const SourceState& source, bool running, const std::function<std::string(int64_t)>& age);

// The same for programs. `time` gives a time as ISO 8601.
nlohmann::ordered_json source_json(const SourceState& source,
                                   const std::function<std::string(int64_t)>& time);

}  // namespace waltrack
