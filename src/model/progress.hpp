#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/backfill.hpp"
#include "model/lsn.hpp"
#include "model/mapping_state.hpp"
#include "model/message_id.hpp"
#include "model/run_figures.hpp"
#include "model/source_state.hpp"

namespace waltrack {

// One event's place in the stream, good across restarts: no pointers, no indexes of a run.
// Inside a commit rows are ordered by (lsn, ordinal): the server sends them so.
struct EventPosition {
  Lsn commit_lsn;  // start of the commit record
  MessageKind kind = MessageKind::row;
  // The row's. One that was there already has no place in the log: commit_lsn is none, and lsn and
  // ordinal are a digest of its key.
  Lsn lsn;
  std::string table;
  uint32_t ordinal = 0;
  std::string rule;

  bool operator==(const EventPosition&) const = default;
};

// How far everything is safe. All transactions that end at or before `lsn` are; and if `within` is
// there, so is every event of the transaction within->commit_lsn up to and including `within`. It
// is compared only inside that commit: a restart replays the transaction and skips what is safe.
struct Checkpoint {
  Lsn lsn;
  std::optional<EventPosition> within;

  bool operator==(const Checkpoint&) const = default;
};

// A row or an event that can never be sent, and why.
struct DeadLetter {
  EventPosition position;
  int64_t commit_time_us = 0;
  std::string op;          // "insert", …
  std::string message_id;  // of the event it would have been
  std::string reason;      // short fixed code, see EventSink::reject
  std::string detail;      // for a person
  std::string payload;     // the event's JSON where one was made, else empty
  std::string answer;      // what the receiver said to it, where it was refused; may repeat values
  std::string row_key;     // JSON object of the row's key columns, as far as they are known
};

// What the condition of a delivery begins with that waits for a person: nothing passes by itself.
inline constexpr std::string_view kHeldDelivery = "held: ";

// Where progress is made durable. Belongs to the state thread.
class ProgressStore {
 public:
  virtual ~ProgressStore() = default;

  // Stores checkpoint, dead letters and steps of backfills in one transaction; all are on disk when
  // it returns. A dead
  // letter that is there already (same position) is not stored twice: the newest stands. Throws an
  // Error when the disk does not take it: then nothing may be confirmed. It is transient where
  // there was no space, which may come; so it is with all below.
  virtual void save(const Checkpoint& checkpoint, std::span<const DeadLetter> dead_letters,
                    std::span<const BackfillStep> steps) = 0;

  // The run is well and has stored what it had to, as of now. For those who look from outside: a
  // disk that is full takes no word of what is wrong.
  virtual void beat() {}

  // How many more dead letters there is room for. They may be taken away by others at any time.
  virtual size_t dead_letter_room() = 0;
  // So many are kept at most.
  virtual size_t dead_letter_max() const = 0;
  // Whether there is one of this position: another needs no room.
  virtual bool has_dead_letter(const EventPosition& position) = 0;

  // What people asked of backfills and no step has taken up yet, the oldest first.
  virtual std::vector<BackfillRequest> backfill_requests() = 0;

  // Remembers for `waltrack status` how delivery fares, one short line ("delivering",
  // or kHeldDelivery and the reason).
  virtual void save_condition(const std::string& condition) = 0;

  // Remembers for it how the mapping files fare.
  virtual void save_mappings(const MappingState& mappings) = 0;

  // Remembers for it how the source fares, and for the next start where the stream comes from: to
  // be stored before a checkpoint that holds something of that stream.
  virtual void save_source(const SourceState& source) = 0;

  // Remembers for it what the run tells of itself. A store may leave it.
  virtual void save_figures(const RunFigures& figures) { static_cast<void>(figures); }
};

}  // namespace waltrack
