#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/change.hpp"
#include "model/event_sink.hpp"
#include "model/progress.hpp"
#include "pipeline/dead_letter_queue.hpp"
#include "pipeline/inflight_ledger.hpp"
#include "pipeline/lane_batches.hpp"
#include "pipeline/lane_queues.hpp"
#include "pipeline/mapping_status.hpp"
#include "pipeline/rule_counts.hpp"
#include "pipeline/user_lanes.hpp"

namespace waltrack {

// Where the mapper's events land in the capture thread: text in the buffer of a lane, an
// entry for the ledger. Those of shadow rules are made like the others, and counted only. Nothing
// is shared until flush(), so a row costs no lock. Belongs to the capture thread.
class Outbox final : public EventSink {
 public:
  Outbox(LaneQueues& lanes, InflightLedger& ledger, DeadLetterQueue& dead_letters,
         MappingStatus& mappings);

  // Counts by rule go there, with each flush(). Before the first row.
  void count_into(RuleCounts& counts) { counts_ = &counts; }

  // What is mapped from now on is this row's. Both must outlive the mapping of the row.
  void set_row(const Transaction& transaction, const Change& change);

  // What of the row that a skip ends in is known: a run that goes on has taken in all of it; after
  // a restart only the one event is known to be safe, as rules may have been added, dropped or
  // moved since. Those are sent again rather than lost, under the same ids.
  enum class RestOfRow { taken_in, unknown };

  // Leaves out the events of transaction `through.commit_lsn` up to and including `through`.
  void skip_through(EventPosition through, RestOfRow rest);
  void skip_nothing() { skip_.reset(); }

  // Everything before `lsn` has been taken in.
  void mark(Lsn lsn);

  // `step` becomes durable with the checkpoint that passes all that was taken in before it.
  void add_step(BackfillStep step);

  // EventSink
  std::string* open(const Rule& rule, const EventIdentity& who) override;
  void close() override;
  void abandon() override;
  void silent(const Rule& rule, Silence why) override;
  void reject(const Rule& rule, std::string_view reason, std::string_view detail) override;

  // Hands everything over to lanes, ledger and state. Returns false when there was nothing.
  bool flush();

  // Lets go of all rules, so that their owner may go. Between transactions and right after a
  // flush(). False, and nothing is done, when events are on their way.
  [[nodiscard]] bool forget_rules();

  // So much has gathered that it is time to flush.
  bool is_full() const { return batches_.is_full() || rejected_.size() >= kFlushRejected; }

  // The newest event of the stream that was taken in, or none before the first.
  std::optional<EventPosition> last_event() const;

 private:
  // Rejected rows that are worth a flush.
  static constexpr size_t kFlushRejected = 256;

  bool is_skipped(const Rule& rule) const;
  bool hand_over();
  FreshCount& fresh_count(const Rule& rule);
  void tell_counts();
  LedgerEntry entry_for(const Rule& rule) const;
  void append_entry(const LedgerEntry& entry);

  InflightLedger& ledger_;
  DeadLetterQueue& dead_letters_;
  MappingStatus& mappings_;
  RuleCounts* counts_ = nullptr;  // none: nobody wants them

  const Transaction* transaction_ = nullptr;
  const Change* change_ = nullptr;

  struct Skip {
    EventPosition through;
    RestOfRow rest;
  };
  std::optional<Skip> skip_;

  LaneBatches batches_;
  UserLanes user_lanes_;
  std::vector<EventUsers> finished_;
  Lsn leading_mark_;  // taken in before the first of entries_
  std::vector<LedgerEntry> entries_;
  std::vector<InflightLedger::PlacedStep> steps_;
  std::vector<DeadLetterQueue::Item> rejected_;
  uint64_t next_sequence_ = 0;
  bool handed_over_ = false;  // in the middle of a row; the next flush() tells of it
  std::optional<LedgerEntry> last_event_;

  std::string shadow_text_;               // of the open event
  std::vector<FreshCount> fresh_counts_;  // by Rule::index
  std::vector<uint32_t> counted_;         // indexes in it: something was counted

  // The event between open() and close().
  const Rule* open_rule_ = nullptr;
  EventUsers open_users_;
  LaneSet open_lanes_ = 0;
  EventBatch* open_batch_ = nullptr;
  size_t open_at_ = 0;  // where in the batch it starts
};

}  // namespace waltrack
