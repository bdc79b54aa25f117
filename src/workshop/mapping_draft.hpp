#pragma once

#include <optional>
#include <string>

#include "postgres/table_facts.hpp"
#include "workshop/table_guess.hpp"

namespace waltrack {

struct DraftOptions {
  // The mapping language knows `group`, `enabled` and `tests`. Without them a group is left out,
  // and what would be switched off is commented out as a whole.
  bool whole_language = kWholeLanguage;

  static constexpr bool kWholeLanguage = false;
};

struct MappingDraft {
  std::string file_name;
  std::string text;
  std::string summary;  // what it tells, in a line
  bool enabled = true;
  bool reads_old = false;  // examples in it need REPLICA IDENTITY FULL
};

// A first mapping of a table that is not skipped. `users` are named in its comments.
MappingDraft draft_mapping(const TableFacts& facts, const TableGuess& guess,
                           const std::optional<TableName>& users, DraftOptions options = {});

}  // namespace waltrack
