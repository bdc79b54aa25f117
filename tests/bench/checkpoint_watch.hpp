#pragma once

#include <memory>
#include <optional>
#include <string>

#include "state/state_tables.hpp"

namespace SQLite {
class Database;
}

namespace waltrack {

// Asks a state file again and again how far its checkpoint is, at so little cost that a benchmark
// does not notice.
class CheckpointWatch {
 public:
  explicit CheckpointWatch(std::string state_file);
  ~CheckpointWatch();

  // None while there is no checkpoint, or no state file that can be read yet.
  std::optional<state::StoredCheckpoint> look();

 private:
  const std::string path_;
  std::unique_ptr<SQLite::Database> database_;
};

}  // namespace waltrack
