#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "state/dead_letter_tables.hpp"

namespace CLI {
class App;
}

namespace waltrack {

// Which dead letters a person means, as typed.
struct DeadSelection {
  std::vector<std::string> numbers;
  std::string table, rule, reason;
  std::string since, before;
  bool all = false;

  bool is_empty() const {
    return numbers.empty() && table.empty() && rule.empty() && reason.empty() && since.empty() &&
           before.empty();
  }
};

void add_selection_options(CLI::App& command, DeadSelection& selection);
// For commands that change something: they never take all without being told.
void add_all_option(CLI::App& command, DeadSelection& selection);

// `now_us`: UTC, for ages ("2h"). Throws a usage Error for what is no number or no time.
state::DeadLetterFilter filter_of(const DeadSelection& selection, int64_t now_us);

// Throws an Error when a number was asked for that `found` lacks.
void require_found(const state::DeadLetterFilter& filter, const std::vector<int64_t>& found);

// Throws a usage Error unless something is named, or all are. `command`: for the hint.
void require_selection(const DeadSelection& selection, const std::string& command);

// The number of a letter, "12" or "#12". Throws a usage Error.
int64_t letter_number(const std::string& text);

}  // namespace waltrack
