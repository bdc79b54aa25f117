#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/row_key.hpp"
#include "model/table.hpp"

namespace waltrack {

// What a person asks of the backfill of one table.
struct BackfillRequest {
  enum class Action : uint8_t { start, pause, resume, cancel };

  int64_t number = 0;  // in the state file; 0: not from there
  Action action = Action::start;
  TableName table;
  // start: which rows, as a condition in Postgres' SQL; empty: all.
  std::string where;
  uint32_t rows_per_s = 0;  // start: at most; 0: as many as go
};

// "start", "pause", …
constexpr std::string_view backfill_action_name(BackfillRequest::Action action) {
  switch (action) {
    case BackfillRequest::Action::start:
      return "start";
    case BackfillRequest::Action::pause:
      return "pause";
    case BackfillRequest::Action::resume:
      return "resume";
    case BackfillRequest::Action::cancel:
      return "cancel";
  }
  return "start";
}

enum class BackfillPhase : uint8_t { running, paused, done, failed, cancelled };

// "running", "paused", …
constexpr std::string_view backfill_phase_name(BackfillPhase phase) {
  switch (phase) {
    case BackfillPhase::running:
      return "running";
    case BackfillPhase::paused:
      return "paused";
    case BackfillPhase::done:
      return "done";
    case BackfillPhase::failed:
      return "failed";
    case BackfillPhase::cancelled:
      return "cancelled";
  }
  return "running";
}

// How far the backfill of one table is: all that it takes to go on after a crash, but for the keys
// in KeyMarks, and all that `waltrack status` tells. Times are microseconds UTC.
struct BackfillProgress {
  TableName table;
  BackfillPhase phase = BackfillPhase::running;
  std::string reason;  // failed: why; running: what it waits for, if that takes long
  std::string caveat;  // why it can't be exact, for a person; empty: it is
  std::string where;
  uint32_t rows_per_s = 0;
  bool initial = false;  // its mapping asked for it; else a person did

  int64_t started_at_us = 0;   // also what its rows' expressions take for now()
  int64_t finished_at_us = 0;  // 0: not yet
  uint64_t rows = 0;           // that were read, and mapped or left to the stream
  uint64_t bytes = 0;          // of their texts
  uint64_t rate = 0;           // rows per second, lately
  int64_t row_estimate = -1;   // -1: nobody knows

  // A partitioned table goes leaf by leaf; any other is its own leaf.
  std::vector<TableName> leaves_done;
  std::optional<TableName> leaf;
  std::optional<RowKey> cursor;  // of the leaf: everything up to this key is mapped
  std::optional<RowKey> last;    // of the leaf: its greatest key when its pass began

  bool is_over() const {
    return phase == BackfillPhase::done || phase == BackfillPhase::failed ||
           phase == BackfillPhase::cancelled;
  }
  bool operator==(const BackfillProgress&) const = default;
};

// What chunks must know of a key that the stream has shown while its table is backfilled.
struct KeyMark {
  enum class Kind : uint8_t {
    skip,       // its row has its events: it was inserted since, or was told under another key
    straggler,  // the row came under this key from one ahead: read it by itself at the end
  };
  Kind kind = Kind::skip;

  // straggler: the row came from `was`, and only the server can tell whether that lay ahead of
  // `cursor` then, within what the pass would read.
  struct From {
    RowKey was;
    std::optional<RowKey> cursor;
    std::optional<RowKey> last;
    bool operator==(const From&) const = default;
  };
  std::optional<From> undecided;  // none: it did

  bool operator==(const KeyMark&) const = default;
};

using KeyMarks = std::unordered_map<RowKey, KeyMark, RowKeyHash>;

// What becomes durable together with the checkpoint that passes it. In the order in which they
// were made, steps give what stands in the state file; each holds what changed.
struct BackfillStep {
  TableName table;
  std::optional<BackfillProgress> progress;  // as it stands from here on
  // Changed keys; nothing: the key has no mark any more.
  std::vector<std::pair<RowKey, std::optional<KeyMark>>> marks;
  bool forget_marks = false;         // all of the table's, before `marks`
  int64_t request = 0;               // the request of this number was taken up; 0: none
  std::vector<std::string> tracked;  // tables and globs that are tracked from here on, as texts

  size_t bytes() const {
    size_t sum = sizeof *this;
    for (const auto& [key, mark] : marks)
      sum += sizeof key + sizeof mark + key.text.size();
    return sum;
  }
};

struct StoredBackfill {
  BackfillProgress progress;
  KeyMarks marks;
};

}  // namespace waltrack
