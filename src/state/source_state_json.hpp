#pragma once

#include <string>
#include <string_view>

#include "model/source_state.hpp"

namespace waltrack::state {

// How the source fares, as the state file holds it: JSON. Reading takes what it finds: another
// version may have written more, or less.
std::string source_state_text(const SourceState& source);
SourceState read_source_state(std::string_view text);

}  // namespace waltrack::state
