#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/lsn.hpp"
#include "model/progress.hpp"
#include "model/timeline_history.hpp"
#include "state/source_identity.hpp"

namespace waltrack {

// What the server says of itself when a run starts.
struct ServerFacts {
  uint64_t system_identifier = 0;
  std::string database;
  Lsn wal_position;  // IDENTIFY_SYSTEM's: how far its log is written; on a standby, replayed
  TimelineHistory history;
  bool standby = false;
};

struct SlotFacts {
  std::string name;
  std::string plugin;
  Lsn confirmed;              // confirmed_flush_lsn
  bool just_created = false;  // by this run
};

struct StartDecision {
  Checkpoint start;  // lsn none: from where the slot, still to be made, begins
  std::vector<std::string> warnings;
};

// Decides where to start, or throws an Error with cause and remedy where starting would lose
// changes in silence. `identity` and `checkpoint` are what the state file `state_path` holds;
// `slot_name` is the configured one and `slot` what the server has under it, if anything.
//
// The slot may be behind the checkpoint: it is told lazily, and goes back when the server crashes.
// A standby may be behind it, too: that is transient. After a failover to a server that lacks the
// last of what was read, the start is where its history left the one that was read: then nothing of
// the server's is left out, and the warnings say from where to where events were sent of changes
// that this server does not have.
StartDecision decide_start(const std::optional<SourceIdentity>& identity,
                           const std::optional<Checkpoint>& checkpoint, const ServerFacts& server,
                           const std::string& slot_name, const std::optional<SlotFacts>& slot,
                           const std::string& state_path);

}  // namespace waltrack
