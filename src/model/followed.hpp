#pragma once

#include <string>
#include <vector>

#include "model/table.hpp"
#include "model/table_glob.hpp"

namespace waltrack {

// What a set of mappings wants to hear of.
struct Followed {
  // Tables that exist: those that were named, and those that a glob matched; a partitioned table as
  // its root.
  std::vector<TableName> tables;
  // Patterns, whose matches may be made any time: a source sends what they can match, if it can.
  std::vector<TableGlob> globs;
  std::vector<std::string> message_prefixes;  // of pg_logical_emit_message()

  bool operator==(const Followed&) const = default;
};

}  // namespace waltrack
