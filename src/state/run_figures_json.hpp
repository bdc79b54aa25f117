#pragma once

#include <string>
#include <string_view>

#include "model/run_figures.hpp"

namespace waltrack::state {

// What a run tells of itself, as the state file holds it: JSON. Reading takes what it finds:
// another version may have written more, or less.
std::string run_figures_text(const RunFigures& figures);
RunFigures read_run_figures(std::string_view text);

}  // namespace waltrack::state
