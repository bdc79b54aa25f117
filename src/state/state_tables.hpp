#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/progress.hpp"
#include "state/source_identity.hpp"

namespace SQLite {
class Column;
class Database;
class Exception;
}  // namespace SQLite

// The tables of a state file: their making, and reading them, for the one that writes and for those
// that only look.
namespace waltrack::state {

inline constexpr int kSchemaVersion = 1;
inline constexpr int kBusyTimeoutMs = 10'000;

struct StoredCheckpoint {
  Checkpoint checkpoint;
  int64_t saved_at_us = 0;  // UTC
};

struct StoredCondition {
  std::string text;
  int64_t since_us = 0;  // UTC
};

// Makes the tables in an empty database, or checks that these are ours and of a version that this
// program knows. Throws an Error.
void make_tables(SQLite::Database& database, const std::string& path, int64_t now_us);
// Adds what a file of the same version may lack, because an earlier program made it. That program
// can go on with the file.
void add_missing_tables(SQLite::Database& database);
void check_tables(SQLite::Database& database, const std::string& path);
bool has_no_tables(SQLite::Database& database);

std::optional<SourceIdentity> read_source(SQLite::Database& database);
std::optional<StoredCheckpoint> read_checkpoint(SQLite::Database& database);
std::optional<StoredCondition> read_condition(SQLite::Database& database);
std::optional<MappingState> read_mappings(SQLite::Database& database);
std::optional<SourceState> read_source_state(SQLite::Database& database);
std::optional<RunFigures> read_run_figures(SQLite::Database& database);
std::string read_destination_id(SQLite::Database& database);  // empty = none yet
int64_t read_created_at_us(SQLite::Database& database);
// What SQLite said, as an Error with a place and a remedy; a transient one when there was no space
// for it. `doing` completes "cannot …"; `system_error` is errno as the failing call left it: SQLite
// tells it for some failures only.
Error state_error(const SQLite::Exception& exception, int system_error, const std::string& path,
                  const std::string& doing);

// A position as it stands in a column. Throws an Error when it is none.
Lsn lsn_of(const SQLite::Column& column);
bool has_column(SQLite::Database& database, const char* table, const char* column);

// The one name of a path: absolute, links resolved, so that two names of one file share one lock.
// Throws an Error when it cannot be a state file (a folder, in no folder).
std::string resolve_state_path(const std::string& path);

}  // namespace waltrack::state
