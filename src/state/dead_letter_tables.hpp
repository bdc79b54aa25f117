#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/progress.hpp"

namespace SQLite {
class Database;
}

namespace waltrack::state {

struct StoredDeadLetter {
  int64_t number = 0;  // counts up; what a person names it by
  DeadLetter letter;
  int64_t stored_at_us = 0;  // UTC, first time
  int64_t last_at_us = 0;    // UTC, last time; 0 = an earlier version stored it
  int attempts = 1;          // how often the event was tried and came here
};

// Which dead letters are meant: those to which all that is set applies.
struct DeadLetterFilter {
  std::vector<int64_t> numbers{};  // empty: all
  std::string table{};             // with its schema, or without
  std::string rule{};              // as the letter has it, or without its call ("Order Placed")
  std::string reason{};
  std::optional<int64_t> since_us{};   // stored then or later, the first time
  std::optional<int64_t> before_us{};  // stored earlier
  std::optional<int64_t> below{};      // with a smaller number, to read on
};

// What tells the order of letters, and nothing else of them.
struct DeadLetterPlace {
  int64_t number = 0;
  Lsn commit_lsn;
  MessageKind kind = MessageKind::row;
  Lsn lsn;
  uint32_t ordinal = 0;
};

void make_dead_letter_table(SQLite::Database& database);
// Adds what a file of an earlier version lacks. That version can go on with the file, and the
// functions below can read one that lacks it.
void add_missing_dead_letter_columns(SQLite::Database& database);

// One that is there already (same position) is counted, and the newest stands. Without payload
// neither event nor answer is stored.
void write_dead_letters(SQLite::Database& database, std::span<const DeadLetter> letters,
                        bool keep_payload, int64_t now_us);
bool has_dead_letter(SQLite::Database& database, const EventPosition& position);

int64_t count_dead_letters(SQLite::Database& database, const DeadLetterFilter& filter = {});
// The newest first, `limit` of them at most.
std::vector<StoredDeadLetter> read_dead_letters(SQLite::Database& database, size_t limit,
                                                const DeadLetterFilter& filter = {});
std::optional<StoredDeadLetter> read_dead_letter(SQLite::Database& database, int64_t number);
// In the order of their numbers.
std::vector<DeadLetterPlace> read_dead_letter_places(SQLite::Database& database,
                                                     const DeadLetterFilter& filter);

// Gives how many there were.
size_t remove_dead_letters(SQLite::Database& database, std::span<const int64_t> numbers);
// It was tried once more: counts it, and the answer stands. The payload stays.
void count_refusal(SQLite::Database& database, int64_t number, const std::string& detail,
                   const std::string& answer, int64_t now_us);

}  // namespace waltrack::state
