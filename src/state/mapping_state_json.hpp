#pragma once

#include <string>
#include <string_view>

#include "model/mapping_state.hpp"

namespace waltrack::state {

// How the mapping files fare, as the state file holds it: JSON. Reading takes what it finds:
// another version may have written more, or less.
std::string mapping_state_text(const MappingState& mappings);
MappingState read_mapping_state(std::string_view text);

}  // namespace waltrack::state
