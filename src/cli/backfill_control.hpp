#pragma once

#include <string>
#include <vector>

#include "model/backfill.hpp"
#include "state/state_status.hpp"

namespace waltrack {

// The requests that pause, resume or cancel backfills of these tables; of none: of all to which it
// applies, which may be none. Knows only what the state file says. Throws a usage Error for a table
// that has no backfill under way; one that failed may be resumed by name.
std::vector<BackfillRequest> control_requests(BackfillRequest::Action action,
                                              const std::vector<std::string>& tables,
                                              const StateStatus& status);

// The table that a person means among those of the state file's backfills and requests. Throws a
// usage Error.
TableName find_backfill(const std::string& text, const StateStatus& status);

// Whether a backfill of this table is under way, or will be once a run has taken up what was asked.
bool is_under_way(const StateStatus& status, const TableName& table);

}  // namespace waltrack
