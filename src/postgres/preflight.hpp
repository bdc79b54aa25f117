#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

// One thing about the server that keeps waltrack from working (error) or from working fully
// (warning), with the SQL or the setting that mends it.
struct Finding {
  Severity severity = Severity::error;
  std::string what;
  std::string where;
  std::string fix;  // may be empty
};

// Looks at the server as the role of the settings, and tells everything that is wrong at once.
// Never throws for what it finds. Changes nothing; where the plugin's presence can't be told
// otherwise it makes a temporary slot, gone when it returns.
std::vector<Finding> check_source(const SourceSettings& settings);

}  // namespace waltrack
