#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/lsn.hpp"
#include "model/timeline_history.hpp"

namespace waltrack {

// What was left out because the server can't tell it: updates and deletes of a table without a
// replica identity, which wal2json only warns of.
struct SkippedRowCount {
  std::string table;     // "schema.table", a partition under its own name
  uint64_t updates = 0;  // since the run began, as all
  uint64_t deletes = 0;

  bool operator==(const SkippedRowCount&) const = default;
};

// The server and its slot, as they were looked at last.
struct SourceReading {
  int64_t read_at_us = 0;
  std::string server;    // "postgres at 10.0.0.5:5432, database shop"
  bool standby = false;  // it follows another server
  Lsn position;          // how far its WAL is written; of a standby, replayed
  Lsn confirmed;         // of the slot
  Lsn restart;           // of the slot: WAL is kept from here on
  std::string wal_status;
  std::optional<int64_t> safe_wal_bytes;  // that can still be written before the slot is lost
  // What an operator should mend before it becomes a failure, each with its remedy.
  std::vector<std::string> warnings;
  std::vector<SkippedRowCount> skipped;

  bool operator==(const SourceReading&) const = default;
};

// How the source fares, for `waltrack status`. Times are microseconds UTC. No row's value and no
// secret is in it.
struct SourceState {
  bool streaming = false;
  int64_t since_us = 0;  // streaming or not
  std::string problem;   // not streaming: why
  StreamOrigin origin;   // of the stream, or of the last one
  std::optional<SourceReading> reading;

  bool operator==(const SourceState&) const = default;
};

}  // namespace waltrack
