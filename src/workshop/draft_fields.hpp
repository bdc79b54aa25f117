#pragma once

#include <string>
#include <vector>

#include "postgres/table_facts.hpp"
#include "workshop/column_guess.hpp"
#include "workshop/table_guess.hpp"

namespace waltrack {

// A line of `traits:` or `properties:`, or why there is none.
struct DraftField {
  std::string column;
  std::string key;    // YAML
  std::string value;  // YAML
  std::string note;   // for a comment; may be empty
  ColumnUse use = ColumnUse::send;
};

enum class FieldPlace { traits, group_traits, properties };

// One for each column that is not told otherwise (as the user, the timestamp, a group), in the
// table's order. Keys are all different, in snake_case, but for the traits that Segment reserves:
// these get its spelling where the column's type is what it expects, else another name.
std::vector<DraftField> draft_fields(const TableFacts& facts, const TableGuess& guess,
                                     FieldPlace place);

}  // namespace waltrack
