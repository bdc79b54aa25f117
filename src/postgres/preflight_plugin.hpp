#pragma once

#include "postgres/inspection.hpp"

namespace waltrack {

// The output plugin of the slot, or of the one that would be made: whether the server has it and
// allows it. Only trying tells, so that it may make a temporary slot. Sets `plugin`.
void check_plugin(Inspection& look);

}  // namespace waltrack
