#pragma once

#include <optional>
#include <string>

#include "postgres/table_facts.hpp"
#include "workshop/table_guess.hpp"

namespace waltrack {

struct MappingDraft {
  std::string file_name;
  std::string text;
  std::string summary;  // what it tells, in a line
  bool enabled = true;
  bool reads_old = false;  // examples in it need REPLICA IDENTITY FULL
};

// A first mapping of a table that is not skipped. `users` are named in its comments.
MappingDraft draft_mapping(const TableFacts& facts, const TableGuess& guess,
                           const std::optional<TableName>& users);

}  // namespace waltrack
