#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "state/state_status.hpp"

namespace waltrack {

// What `waltrack status` says of backfills, a line each: those that are under way or failed, what
// was asked and waits for a run, and what is over for less than a day.
std::vector<std::string> backfill_lines(const StateStatus& status, int64_t now_us);

// A line for a request that no run has taken up yet.
std::string request_line(const state::PendingRequest& pending, int64_t now_us);

// All of it, for programs. Where a backfill stands in its table is left out: keys are rows' values.
nlohmann::ordered_json backfills_json(const std::vector<BackfillProgress>& backfills);
nlohmann::ordered_json requests_json(const std::vector<state::PendingRequest>& requests);

}  // namespace waltrack
