#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/backfill.hpp"

namespace waltrack {

// Writes what a person asks into a state file, for the `waltrack run` that has it open, or for the
// next one; all of them or none are on disk when it returns. Gives their numbers, in their order:
// each stands in read_state_status() until it is taken up. Never makes a file. Throws an Error:
// none there, not ours, held by a run of an earlier version, unwritable.
std::vector<int64_t> request_backfill(const std::string& path,
                                      std::span<const BackfillRequest> requests,
                                      const Clock& clock);

}  // namespace waltrack
