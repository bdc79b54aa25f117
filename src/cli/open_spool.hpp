#pragma once

#include <memory>
#include <string>

#include "cli/config.hpp"
#include "state/spool_log.hpp"
#include "state/state_file.hpp"

namespace waltrack {

// The spool that the configuration names, or nothing; remembers its place in the state file. Throws
// an Error when events may wait in another one, that was used before, or in one that is gone.
std::unique_ptr<SpoolLog> open_spool(const Config::Spool& spool, StateFile& state,
                                     const std::string& destination_id);

}  // namespace waltrack
