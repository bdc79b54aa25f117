#pragma once

#include <string>
#include <vector>

#include "postgres/finding.hpp"

namespace waltrack {

// One script for psql that mends what SQL can mend of these findings, in an order that works, each
// statement under the findings that ask for it. Harmless to run twice. What is a choice, and what
// is no SQL, stands in comments. Where a standby and its primary both need something, the script is
// to be run on both, and does on each what is for it. `database` is that of source.url.
std::string fix_script(const std::vector<Finding>& findings, const std::string& database,
                       bool source_is_standby);

}  // namespace waltrack
