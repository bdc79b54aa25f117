#pragma once

#include <cstdint>
#include <string>

namespace waltrack {

// Which stream of which server a checkpoint belongs to: on any other it means nothing.
struct SourceIdentity {
  uint64_t system_identifier = 0;  // as IDENTIFY_SYSTEM gives it; physical standbys share it
  std::string database;
  std::string slot;
  std::string plugin;     // the slot's: "wal2json" or "pgoutput"
  uint32_t timeline = 0;  // the one that the server was on when the last run began; 0: not known

  bool operator==(const SourceIdentity&) const = default;
};

}  // namespace waltrack
