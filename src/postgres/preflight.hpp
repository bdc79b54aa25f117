#pragma once

#include <vector>

#include "base/clock.hpp"
#include "postgres/finding.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

// Looks at the server as the role of the settings, and tells everything that is wrong at once.
// Never throws for what it finds. Changes nothing; where the plugin's presence can't be told
// otherwise it makes a temporary slot, gone when it returns.
std::vector<Finding> check_source(const SourceSettings& settings, const Clock& clock);

}  // namespace waltrack
