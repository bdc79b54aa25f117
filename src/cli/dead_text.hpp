#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/terminal_text.hpp"
#include "state/dead_letter_tables.hpp"

namespace waltrack {

// The cells of a letter's line in the list, under dead_list_titles().
using DeadListRow = std::vector<std::string>;
DeadListRow dead_list_titles();
DeadListRow dead_list_row(const state::StoredDeadLetter& stored);

// Lines of aligned columns, cut to look.width.
std::string dead_list_text(const std::vector<DeadListRow>& rows, TextLook look);

// All that is known of a letter, for a person.
std::string dead_letter_text(const state::StoredDeadLetter& stored);

// The same for programs. What was not kept or is not known is null.
nlohmann::ordered_json dead_letter_json(const state::StoredDeadLetter& stored);

// The command that makes the events of a letter's row anew, for one that holds no event.
std::string backfill_command(const state::StoredDeadLetter& stored);

}  // namespace waltrack
