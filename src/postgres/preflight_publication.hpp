#pragma once

#include <vector>

#include "postgres/inspection.hpp"
#include "postgres/table_state.hpp"

namespace waltrack {

// Where the plugin is pgoutput: whether the publication holds what is mapped, whole and all
// operations of it, or whether the role may make it so.
void check_publication(Inspection& look, const std::vector<TableState>& tables);

}  // namespace waltrack
