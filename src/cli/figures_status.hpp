#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "model/run_figures.hpp"

namespace waltrack {

// What a run told of itself last, as `waltrack status` tells it: pairs of a name and a text.
// `running`: whether it still runs.
std::vector<std::pair<std::string, std::string>> figure_lines(const RunFigures& figures,
                                                              bool running, int64_t now_us);

// The same for programs, and the counts by rule.
nlohmann::ordered_json figures_json(const RunFigures& figures);

}  // namespace waltrack
