#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "state/backfill_tables.hpp"
#include "state/dead_letter_tables.hpp"
#include "state/source_identity.hpp"
#include "state/state_tables.hpp"

namespace waltrack {

// What a state file holds at one moment.
struct StateStatus {
  std::string path;  // absolute
  bool running = false;
  int64_t silent_s = 0;  // since it was last known to be well; 0: it is
  int pid = 0;           // of the `waltrack run` that has it open; 0 = not known
  int64_t created_at_us = 0;
  std::string destination_id;
  std::optional<SourceIdentity> source;  // none before the first start
  std::optional<state::StoredCheckpoint> checkpoint;
  std::optional<state::StoredCondition> condition;
  std::optional<MappingState> mappings;     // of the run that has it open, or had it last
  std::optional<SourceState> source_state;  // likewise
  std::optional<RunFigures> figures;        // likewise, as it told them last
  std::vector<BackfillProgress> backfills;  // of each table the last one
  std::vector<state::PendingRequest> backfill_requests;
  int64_t dead_letter_count = 0;
  std::vector<state::StoredDeadLetter> newest_dead_letters;  // the newest first
};

// Looks into a state file without changing it, whether or not `waltrack run` has it open. Throws an
// Error when there is none or it is not one.
StateStatus read_state_status(const std::string& path, size_t newest_dead_letters = 5);

}  // namespace waltrack
