#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/backfill.hpp"
#include "model/event_users.hpp"
#include "model/lsn.hpp"
#include "model/message_id.hpp"
#include "model/progress.hpp"
#include "model/rule.hpp"

namespace waltrack {

// An event on its way.
struct LedgerEntry {
  const Rule* rule = nullptr;
  Lsn commit_lsn;  // its transaction
  Lsn lsn;         // its row; with the ordinal a digest of the key if the row was there already
  uint32_t ordinal = 0;
  Op op = Op::insert;
  bool finished = false;
  Lsn mark_after;  // before the next event, capture took in everything up to here; or none
  int64_t commit_time_us = 0;
  EventUsers users{};  // of an event that is sent

  MessageKind kind() const { return message_kind(op); }
  EventPosition position() const;
  // Of the event or of the row that gave none; what else is known of it is left to the caller.
  DeadLetter letter(std::string_view reason, std::string_view detail) const;
};

// What is on its way, in order of arrival. Events finish in any order; the oldest unfinished one
// holds the checkpoint, and what stands behind it waits. Arrival decides, not LSNs: rows of
// different transactions come with LSNs in any order. Backfilled rows' events hold it like others,
// but have no place in the log, so the checkpoint never points at one. Any thread may call.
class InflightLedger {
 public:
  // `start`: the checkpoint that this run begins at.
  explicit InflightLedger(Checkpoint start);

  // A step of a backfill and its place: so many events, counted from the first one ever, and all
  // marks among them, come before it.
  struct PlacedStep {
    uint64_t after = 0;
    BackfillStep step;
  };

  // Everything up to `leading_mark` (unless none) was taken in before these events. The first event
  // ever has the number 0, the next 1, and so on. Marks take no room of their own: a busy server
  // with quiet tables must not fill the memory behind one event that is held. `steps` come in
  // order, and none lies before what was appended earlier.
  void append(Lsn leading_mark, std::span<const LedgerEntry> events,
              std::vector<PlacedStep> steps = {});

  // These events are safe: durable dead letters, or in the spool.
  void finish(std::span<const uint64_t> sequences);
  // These are, because the receiver accepted them; they are counted.
  void accept(std::span<const uint64_t> sequences);

  // Whom the events named that finished since the last call, in place of what is in `users`.
  void take_finished(std::vector<EventUsers>& users);

  // What was accepted since the last call.
  struct Accepted {
    std::string table;
    std::string rule;
    uint64_t events = 0;
  };
  std::vector<Accepted> take_accepted();

  // An event that is not finished.
  LedgerEntry entry(uint64_t sequence) const;

  // How far everything is safe now. `finished_events` counts the events, `steps` are the steps that
  // were passed since the last call.
  struct Progress {
    Checkpoint checkpoint;
    uint64_t finished_events = 0;
    std::vector<BackfillStep> steps;
  };
  Progress advance();

  // Lets go of all rules that were handed in, so that their owner may go; nothing changes for
  // progress. False, and nothing is done, when events are on their way.
  [[nodiscard]] bool forget_rules();

  // Nothing unfinished is left.
  bool is_idle() const;
  uint64_t unfinished() const;

  uint64_t entries() const;
  // When the oldest event of the stream that is not known to be safe was committed, in microseconds
  // UTC; nothing when there is none.
  std::optional<int64_t> oldest_commit_us() const;

  // What it takes to remember what is on its way, finished events behind an unfinished one
  // included.
  size_t bytes() const;

 private:
  LedgerEntry& at(uint64_t sequence) { return ring_[sequence & (ring_.size() - 1)]; }
  void grow();
  bool finish(LedgerEntry& entry);
  void pass_mark(Lsn lsn);
  void name_accepted();

  mutable std::mutex mutex_;
  // All guarded by mutex_. ring_ holds the numbers first_ … next_ - 1; its size is a power of two.
  std::vector<LedgerEntry> ring_;
  uint64_t first_ = 0;
  uint64_t next_ = 0;
  uint64_t unfinished_ = 0;
  std::vector<EventUsers> finished_;  // no more than were in the ring at once
  struct Tally {
    const Rule* rule = nullptr;  // none: nothing was accepted
    uint64_t events = 0;
  };
  std::vector<Tally> tallies_;      // by Rule::index
  std::vector<Accepted> accepted_;  // of rules that are gone
  std::deque<PlacedStep> steps_;
  size_t step_bytes_ = 0;
  Lsn safe_lsn_;
  std::optional<EventPosition> start_within_;   // until something newer is known
  std::optional<LedgerEntry> last_safe_event_;  // of a transaction whose end is not passed yet
};

}  // namespace waltrack
