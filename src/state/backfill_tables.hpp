#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/backfill.hpp"

namespace SQLite {
class Database;
}

// The tables of a state file that hold backfills, what people ask of them, and which tables are
// tracked. Each function throws what SQLite throws.
namespace waltrack::state {

// What a person asked and no run has taken up yet.
struct PendingRequest {
  BackfillRequest request;
  int64_t requested_at_us = 0;  // UTC
};

// Makes those that are not there: they came later than the first files of this version.
void add_missing_backfill_tables(SQLite::Database& database);
bool has_backfill_tables(SQLite::Database& database);

// In a file that lacks a table these find nothing.
std::vector<BackfillProgress> read_backfills(SQLite::Database& database);
KeyMarks read_key_marks(SQLite::Database& database, const TableName& table);
std::vector<PendingRequest> read_requests(SQLite::Database& database);  // the oldest first
// Nothing where none was ever stored, which an empty list is not.
std::optional<std::vector<std::string>> read_tracked(SQLite::Database& database);

// These belong into a transaction of the caller's.
void write_steps(SQLite::Database& database, std::span<const BackfillStep> steps);
int64_t write_request(SQLite::Database& database, const BackfillRequest& request, int64_t now_us);
// From now on a list of what is tracked is stored, if only an empty one.
void begin_tracked(SQLite::Database& database);
void forget_backfills(SQLite::Database& database);

}  // namespace waltrack::state
