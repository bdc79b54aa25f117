#pragma once

#include <cstdint>
#include <string>

#include "model/timeline_history.hpp"

namespace waltrack {

// Which stream of which server a checkpoint belongs to: on any other it means nothing.
struct SourceIdentity {
  uint64_t system_identifier = 0;  // as IDENTIFY_SYSTEM gives it; physical standbys share it
  std::string database;
  std::string slot;
  std::string plugin;        // the slot's: "wal2json" or "pgoutput"
  StreamOrigin origin = {};  // of what was read up to the checkpoint

  bool operator==(const SourceIdentity&) const = default;
};

}  // namespace waltrack
