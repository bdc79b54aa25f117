#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "state/dead_letter_tables.hpp"
#include "state/existing_file.hpp"

namespace waltrack {

// The dead letters of a state file, for people's work on them: whether or not a `waltrack run` has
// the file open, which goes on meanwhile. Each change is on disk when its call returns. Throws an
// Error: no state file there, not ours, unwritable. Belongs to one thread.
class DeadLetterFile {
 public:
  // `clock` must outlive it.
  DeadLetterFile(const std::string& path, state::Access access, const Clock& clock);
  ~DeadLetterFile();

  size_t count(const state::DeadLetterFilter& filter);
  // The newest first.
  std::vector<state::StoredDeadLetter> newest(const state::DeadLetterFilter& filter, size_t limit);
  std::optional<state::StoredDeadLetter> find(int64_t number);

  // Their numbers in the order in which their events are to be sent: that of their commits and of
  // the rows within. Rows that were backfilled come where they came among the others.
  std::vector<int64_t> in_order(const state::DeadLetterFilter& filter);

  // Gives how many went. Many go in several transactions: a run must not wait long for its turn.
  size_t remove(std::span<const int64_t> numbers);
  // The receiver refused it once more; it stays.
  void count_refusal(int64_t number, const std::string& detail, const std::string& answer);

 private:
  const std::string path_;
  const Clock& clock_;
  std::unique_ptr<SQLite::Database> database_;
};

}  // namespace waltrack
