#pragma once

#include <string>

#include "model/run_figures.hpp"

namespace waltrack {

// The figures in the text format of Prometheus. docs/operations.md has the table of them.
std::string metrics_text(const RunFigures& figures);

}  // namespace waltrack
