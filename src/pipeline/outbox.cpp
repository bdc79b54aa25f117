#include "pipeline/outbox.hpp"

#include <algorithm>
#include <utility>

#include "base/failpoint.hpp"

namespace waltrack {
namespace {

// Large enough to make a lock rare, small enough to fill batches well: lanes take whole pushes.
constexpr size_t kFlushBytes = 64 * 1024;
constexpr size_t kFlushEvents = 256;

}  // namespace

Outbox::Outbox(LaneQueues& lanes, InflightLedger& ledger, DeadLetterQueue& dead_letters,
               MappingStatus& mappings)
    : lanes_(lanes),
      ledger_(ledger),
      dead_letters_(dead_letters),
      mappings_(mappings),
      fresh_(lanes.lanes()) {}

void Outbox::set_row(const Transaction& transaction, const Change& change) {
  transaction_ = &transaction;
  change_ = &change;
}

void Outbox::skip_through(EventPosition through, RestOfRow rest) {
  skip_ = {std::move(through), rest};
}

bool Outbox::is_skipped(const Rule& rule) const {
  if (!skip_ || skip_->through.commit_lsn != transaction_->commit_lsn) return false;
  const EventPosition& through = skip_->through;
  if (change_->lsn != through.lsn) return change_->lsn < through.lsn;
  // Rows that share an LSN are of one table, but for TRUNCATE and a message, whose LSN is the end
  // of its record: they are rather repeated.
  if (message_kind(change_->op) != through.kind || rule.table != through.table) return false;
  if (change_->ordinal != through.ordinal) return change_->ordinal < through.ordinal;
  return skip_->rest == RestOfRow::taken_in || rule.id == through.rule;
}

std::string* Outbox::open(const Rule& rule, std::string_view user_id,
                          std::string_view anonymous_id) {
  if (is_skipped(rule)) return nullptr;
  open_rule_ = &rule;
  if (rule.shadow) {
    shadow_text_.clear();
    return &shadow_text_;
  }
  // One row of many rules must not make a batch beyond the receiver's limits.
  if (full_) handed_over_ |= flush();
  open_batch_ = &fresh_[lanes_.lane_of(user_id.empty() ? anonymous_id : user_id)];
  open_at_ = open_batch_->text.size();
  if (open_at_ > 0) open_batch_->text.push_back(',');
  return &open_batch_->text;
}

void Outbox::close() {
  if (open_rule_->shadow) {
    ++shadow_tally(*open_rule_).events;
    return;
  }
  open_batch_->sequences.push_back(next_sequence_);
  append_entry(entry_for(*open_rule_));
  if (open_batch_->text.size() >= kFlushBytes || open_batch_->sequences.size() >= kFlushEvents) {
    full_ = true;
  }
}

void Outbox::abandon() {
  if (open_rule_->shadow) return;
  open_batch_->text.resize(open_at_);
}

void Outbox::reject(const Rule& rule, std::string_view reason, std::string_view detail) {
  if (is_skipped(rule)) return;
  if (rule.shadow) {
    ShadowTally& tally = shadow_tally(rule);
    ++tally.failures;
    tally.last_failure.assign(reason);
    return;
  }
  const LedgerEntry entry = entry_for(rule);
  DeadLetter letter{.position = entry.position(),
                    .commit_time_us = transaction_->commit_time_us,
                    .op = std::string(op_name(change_->op)),
                    .message_id = {},
                    .reason = std::string(reason),
                    .detail = std::string(detail),
                    .payload = {}};
  if (entry.kind == MessageKind::backfill) {
    const KeyDigest digest = key_digest(change_->key);
    letter.position.lsn = digest.lsn;
    letter.position.ordinal = digest.ordinal;
    append_backfill_message_id(letter.message_id, rule.key, change_->key, {});
  } else {
    append_message_id(letter.message_id, rule.key, entry.kind, transaction_->commit_time_us,
                      change_->lsn, change_->ordinal);
  }
  rejected_.push_back({next_sequence_, std::move(letter)});
  failpoint("outbox.dead_letter_made");
  append_entry(entry);
  if (rejected_.size() >= kFlushEvents) full_ = true;
}

Outbox::ShadowTally& Outbox::shadow_tally(const Rule& rule) {
  if (rule.index >= shadow_.size()) shadow_.resize(rule.index + 1);
  shadow_told_ = false;
  shadow_[rule.index].rule = &rule;
  return shadow_[rule.index];
}

void Outbox::tell_shadow() {
  if (std::exchange(shadow_told_, true)) return;
  for (ShadowTally& tally : shadow_) {
    if (tally.rule == nullptr) continue;
    mappings_.count_shadow(*tally.rule, tally.events, tally.failures, tally.last_failure);
    tally = {};
  }
}

void Outbox::add_step(BackfillStep step) {
  steps_.push_back({next_sequence_, std::move(step)});
}

void Outbox::mark(Lsn lsn) {
  Lsn& mark = entries_.empty() ? leading_mark_ : entries_.back().mark_after;
  mark = std::max(mark, lsn);
}

LedgerEntry Outbox::entry_for(const Rule& rule) const {
  return {.rule = &rule,
          .commit_lsn = transaction_->commit_lsn,
          .lsn = change_->lsn,
          .ordinal = change_->ordinal,
          .kind = message_kind(change_->op),
          .mark_after = {}};
}

void Outbox::append_entry(const LedgerEntry& entry) {
  entries_.push_back(entry);
  ++next_sequence_;
  if (entry.kind != MessageKind::backfill) last_event_ = entry;
}

bool Outbox::flush() {
  tell_shadow();
  const bool before = std::exchange(handed_over_, false);
  if (entries_.empty() && leading_mark_.is_none() && steps_.empty()) return before;
  failpoint("outbox.before_flush");
  // First: an event may finish once it is in a lane.
  ledger_.append(leading_mark_, entries_, std::exchange(steps_, {}));
  failpoint("outbox.in_ledger");
  leading_mark_ = {};
  entries_.clear();
  lanes_.push(fresh_);
  if (!rejected_.empty()) dead_letters_.push(std::exchange(rejected_, {}));
  failpoint("outbox.flushed");
  full_ = false;
  return true;
}

bool Outbox::forget_rules() {
  if (!entries_.empty() || !ledger_.forget_rules()) return false;
  last_event_.reset();
  shadow_.clear();
  open_rule_ = nullptr;
  return true;
}

std::optional<EventPosition> Outbox::last_event() const {
  if (!last_event_) return std::nullopt;
  return last_event_->position();
}

}  // namespace waltrack
