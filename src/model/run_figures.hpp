#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/event_sink.hpp"
#include "model/lsn.hpp"

namespace waltrack {

// What a rule did since the run began. The counts only rise, and outlive the mapping files that the
// rule was in. `seen` is what it was asked about: made an event, skipped, or could never make one.
struct RuleCount {
  std::string table;  // as Rule has it
  std::string rule;
  uint64_t seen = 0;
  uint64_t matched = 0;                       // events that it made
  std::array<uint64_t, kSilences> skipped{};  // by Silence
  uint64_t sent = 0;                          // events that the receiver accepted
  uint64_t dead = 0;                          // dead letters that are stored

  bool operator==(const RuleCount&) const = default;
};

// How many requests ended so.
struct RequestCount {
  std::string result;  // "accepted", "refused", "retry", "hold"
  std::string answer;  // the HTTP status, or what came instead of one: Outcome::answer
  uint64_t count = 0;

  bool operator==(const RequestCount&) const = default;
};

// How long requests took, from their start to what came of them.
struct RequestTimes {
  static constexpr std::array<double, 12> kBounds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                     0.5,   1,    2.5,   5,    10,  30};  // seconds
  std::array<uint64_t, kBounds.size() + 1> counts{};  // the last one: longer than all of them
  double sum_s = 0;

  bool operator==(const RequestTimes&) const = default;
};

// How one of the run's threads fares. Times are microseconds UTC.
struct StageFigure {
  std::string name;
  int64_t turned_at_us = 0;                    // when its loop last went round
  bool stuck = false;                          // its loop does not go round any more
  std::optional<int64_t> no_progress_from_us;  // it has work, and nothing of it was done for long
  std::string reason;                          // of that, if it is known

  bool in_trouble() const { return stuck || no_progress_from_us.has_value(); }
  bool operator==(const StageFigure&) const = default;
};

struct BackfillFigure {
  std::string table;
  std::string phase;
  uint64_t rows = 0;

  bool operator==(const BackfillFigure&) const = default;
};

// What waits on this disk while the receiver is away.
struct SpoolFigure {
  uint64_t events = 0;
  uint64_t bytes = 0;  // of the disk
  uint64_t most_bytes = 0;
  bool full = false;  // or the disk is

  bool operator==(const SpoolFigure&) const = default;
};

// What a run tells of itself at one moment, for metrics, health and `waltrack status`. No row's
// value and no secret is in it.
struct RunFigures {
  int64_t taken_at_us = 0;
  int64_t started_at_us = 0;
  std::string version;

  bool streaming = false;
  std::string problem;   // not streaming: why
  bool flowing = true;   // the receiver takes events, as far as is known
  std::string delivery;  // DeliveryCondition

  uint64_t rows = 0;             // that were read from the stream
  uint64_t backfilled_rows = 0;  // that were there already
  Lsn checkpoint;
  int64_t checkpoint_at_us = 0;  // when it last moved; 0: not in this run

  // From the checkpoint to the newest position of the server that is known; none: nothing is known.
  std::optional<uint64_t> lag_bytes;
  double lag_s = 0;  // age of the oldest commit whose events are not all safe; 0: there is none
  std::optional<uint64_t> retained_wal_bytes;  // that the server keeps for the slot
  std::optional<int64_t> slot_headroom_bytes;  // of WAL until the slot is lost; none: no limit

  uint64_t queue_bytes = 0;          // of events that wait or are being sent
  std::vector<uint64_t> lane_bytes;  // the same by lane; not kept in the state file
  uint64_t unfinished_events = 0;
  uint64_t ledger_entries = 0;
  uint64_t ledger_bytes = 0;
  uint64_t dead_letter_queue_bytes = 0;
  uint64_t memory_bytes = 0;         // the budget of the three
  std::optional<SpoolFigure> spool;  // none: there is none

  uint64_t sent_events = 0;
  uint64_t dead_letters = 0;                 // stored by this run
  std::optional<uint64_t> dead_letter_room;  // how many more the state file takes
  std::vector<RequestCount> requests;
  RequestTimes request_times;
  std::vector<RuleCount> rules;
  std::vector<BackfillFigure> backfills;
  std::vector<StageFigure> stages;

  bool operator==(const RunFigures&) const = default;
};

}  // namespace waltrack
