#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace waltrack {

// The lines of tests/types/golden/NAME.jsonl.
std::vector<std::string> golden_lines(const std::string& name);

// With WALTRACK_REWRITE_GOLDENS=1 in the environment, writes that file anew: look at what Git says
// of it then.
void rewrite_golden_if_asked(const std::string& name, const std::vector<std::string>& lines);

// What of two lists of lines is not in both, `-` and `+` before it, at most 40 of them; "" when
// they are the same.
std::string line_differences(const std::vector<std::string>& wanted,
                             const std::vector<std::string>& got);

}  // namespace waltrack
