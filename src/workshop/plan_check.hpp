#pragma once

#include <span>
#include <string>

#include "base/diagnostic.hpp"
#include "mapping/rule_outline.hpp"
#include "workshop/plan_file.hpp"

namespace waltrack {

// Where the rules' events and a tracking plan disagree: an error at the rule for what Segment would
// object to, a warning for what it may or may not, and for what the plan of `path` has and no rule
// sends. Of an expression, whose type nobody knows, nothing is said.
void check_plan(std::span<const RuleOutline> rules, std::span<const PlannedRule> plan,
                const std::string& path, Diagnostics& diagnostics);

}  // namespace waltrack
