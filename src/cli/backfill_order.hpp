#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/load.hpp"
#include "model/backfill.hpp"
#include "state/state_status.hpp"

namespace waltrack {

// What a person typed behind `waltrack backfill`.
struct BackfillOrder {
  std::vector<std::string> tables;
  std::string where;        // a condition in Postgres' SQL
  std::string since;        // COLUMN=VALUE
  uint32_t rows_per_s = 0;  // 0: as many as go
};

// The requests that begin what was ordered, each table once. Asks the database that rows are read
// from; all that would go wrong is told at once: printed if it is more than one thing, and thrown.
// `status`: of the state file, null where there is none yet.
std::vector<BackfillRequest> start_requests(const BackfillOrder& order, const Loaded& loaded,
                                            const StateStatus* status);

}  // namespace waltrack
