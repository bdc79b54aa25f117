#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;

namespace waltrack {

// regexp(pattern, x), which is also the operator `x regexp pattern`, regexp_extract(x, pattern[,
// group]) and regexp_replace(x, pattern, replacement), all by RE2. Compiled patterns are kept, a
// bounded number of them for each connection. See docs/mappings.md.
void add_regexp_functions(sqlite3* db);

struct RegexpFault {
  std::string reason;  // RE2's
  size_t offset = 0;   // of what it means, in bytes of the pattern
};

// What is wrong with a pattern.
std::optional<RegexpFault> find_regexp_fault(std::string_view pattern);
// How many groups a good pattern has.
int count_regexp_groups(std::string_view pattern);
// The highest group that a replacement refers to (0 for none), or nothing for a \ that is followed
// by neither a digit nor a second \.
std::optional<int> highest_reference(std::string_view replacement);

}  // namespace waltrack
