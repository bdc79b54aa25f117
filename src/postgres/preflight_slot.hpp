#pragma once

#include "postgres/inspection.hpp"

namespace waltrack {

// The slot, if it is there: whose it is, whether it still has its WAL and for how long, who reads
// it; and slots of ours that nobody reads any more. Sets `slot` and `plugin` of the inspection.
void check_slot_state(Inspection& look);
void check_headroom(Inspection& look);
void check_leftover_slots(Inspection& look);

}  // namespace waltrack
