#pragma once

#include <string>

#include "base/diagnostic.hpp"
#include "cli/load.hpp"

namespace waltrack {

// Where the mappings and the tracking plan in a file disagree, and what is wrong with the file. The
// columns are the server's; where it does not answer, those of the columns lock.
Diagnostics compare_with_plan(const Loaded& loaded, const std::string& plan_path);

}  // namespace waltrack
