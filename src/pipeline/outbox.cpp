#include "pipeline/outbox.hpp"

#include <algorithm>
#include <utility>

#include "base/failpoint.hpp"
#include "base/json_text.hpp"

namespace waltrack {
namespace {

// The columns that the server tells rows apart by, as far as the change has them. Where it sends
// whole rows for that, they are none that name the row.
std::string row_key_json(const Change& change) {
  if (change.table->replica_identity == ReplicaIdentity::full) return {};
  const std::span<const Value> row = change.new_row.empty() ? change.old_row : change.new_row;
  std::string json;
  for (size_t i = 0; i < row.size() && i < change.table->columns.size(); ++i) {
    const Column& column = change.table->columns[i];
    if (!column.key || !row[i].is_present()) continue;
    json.push_back(json.empty() ? '{' : ',');
    append_json_string(json, column.name);
    json.push_back(':');
    append_json_string(json, row[i].text);
  }
  if (!json.empty()) json.push_back('}');
  return json;
}

}  // namespace

Outbox::Outbox(LaneQueues& lanes, InflightLedger& ledger, DeadLetterQueue& dead_letters,
               MappingStatus& mappings)
    : ledger_(ledger),
      dead_letters_(dead_letters),
      mappings_(mappings),
      batches_(lanes),
      user_lanes_(lanes.lanes()) {}

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

std::string* Outbox::open(const Rule& rule, const EventIdentity& who) {
  if (is_skipped(rule)) return nullptr;
  open_rule_ = &rule;
  if (rule.shadow) {
    shadow_text_.clear();
    return &shadow_text_;
  }
  open_users_ = event_users(who);
  open_lanes_ = user_lanes_.add(open_users_);
  // One row of many rules must not make a batch beyond the receiver's limits.
  if (!batches_.takes(open_lanes_)) handed_over_ |= hand_over();
  open_batch_ = &batches_.at(open_lanes_);
  open_at_ = open_batch_->open();
  return &open_batch_->text;
}

void Outbox::close() {
  FreshCount& count = fresh_count(*open_rule_);
  ++count.seen;
  ++count.matched;
  if (open_rule_->shadow) return;
  batches_.close(*open_batch_, next_sequence_, open_at_);
  user_lanes_.settle(open_users_, open_lanes_);
  LedgerEntry entry = entry_for(*open_rule_);
  entry.users = open_users_;
  append_entry(entry);
}

void Outbox::abandon() {
  if (open_rule_->shadow) return;
  open_batch_->abandon(open_at_);
  user_lanes_.remove(open_users_);
}

// A row that comes again after a reconnect was counted when it came first.
void Outbox::silent(const Rule& rule, Silence why) {
  if (is_skipped(rule)) return;
  FreshCount& count = fresh_count(rule);
  ++count.seen;
  ++count.skipped[static_cast<size_t>(why)];
}

void Outbox::reject(const Rule& rule, std::string_view reason, std::string_view detail) {
  if (is_skipped(rule)) return;
  FreshCount& count = fresh_count(rule);
  ++count.seen;
  ++count.rejected;
  if (rule.shadow) {
    count.last_failure.assign(reason);
    return;
  }
  const LedgerEntry entry = entry_for(rule);
  DeadLetter letter = entry.letter(reason, detail);
  letter.row_key = row_key_json(*change_);
  if (entry.op == Op::backfill) {
    append_backfill_message_id(letter.message_id, rule.key, change_->key, {});
  } else {
    append_message_id(letter.message_id, rule.key, entry.kind(), transaction_->commit_time_us,
                      change_->lsn, change_->ordinal);
  }
  rejected_.push_back({next_sequence_, std::move(letter)});
  failpoint("outbox.dead_letter_made");
  append_entry(entry);
}

FreshCount& Outbox::fresh_count(const Rule& rule) {
  if (rule.index >= fresh_counts_.size()) fresh_counts_.resize(rule.index + 1);
  FreshCount& count = fresh_counts_[rule.index];
  if (count.rule == nullptr) {
    count.rule = &rule;
    counted_.push_back(rule.index);
  }
  return count;
}

void Outbox::tell_counts() {
  for (const uint32_t index : counted_) {
    FreshCount& count = fresh_counts_[index];
    if (counts_ != nullptr) counts_->add(count);
    // What only was silent would have sent nothing.
    if (count.rule->shadow && count.matched + count.rejected > 0) {
      mappings_.count_shadow(*count.rule, count.matched, count.rejected, count.last_failure);
    }
    count = {};
  }
  counted_.clear();
}

void Outbox::add_step(BackfillStep step) {
  steps_.push_back({next_sequence_, std::move(step)});
}

void Outbox::mark(Lsn lsn) {
  Lsn& mark = entries_.empty() ? leading_mark_ : entries_.back().mark_after;
  mark = std::max(mark, lsn);
}

LedgerEntry Outbox::entry_for(const Rule& rule) const {
  LedgerEntry entry{.rule = &rule,
                    .commit_lsn = transaction_->commit_lsn,
                    .lsn = change_->lsn,
                    .ordinal = change_->ordinal,
                    .op = change_->op,
                    .mark_after = {},
                    .commit_time_us = transaction_->commit_time_us};
  if (change_->op == Op::backfill) {
    const KeyDigest digest = key_digest(change_->key);
    entry.lsn = digest.lsn;
    entry.ordinal = digest.ordinal;
  }
  return entry;
}

void Outbox::append_entry(const LedgerEntry& entry) {
  entries_.push_back(entry);
  ++next_sequence_;
  if (entry.op != Op::backfill) last_event_ = entry;
}

bool Outbox::flush() {
  tell_counts();
  const bool before = std::exchange(handed_over_, false);
  return hand_over() || before;
}

bool Outbox::hand_over() {
  ledger_.take_finished(finished_);
  for (const EventUsers& users : finished_)
    user_lanes_.remove(users);
  if (entries_.empty() && leading_mark_.is_none() && steps_.empty()) return false;
  failpoint("outbox.before_flush");
  // First: an event may finish once it is in a lane.
  ledger_.append(leading_mark_, entries_, std::exchange(steps_, {}));
  failpoint("outbox.in_ledger");
  leading_mark_ = {};
  entries_.clear();
  batches_.push();
  if (!rejected_.empty()) dead_letters_.push(std::exchange(rejected_, {}));
  failpoint("outbox.flushed");
  return true;
}

bool Outbox::forget_rules() {
  if (!entries_.empty() || !ledger_.forget_rules()) return false;
  last_event_.reset();
  tell_counts();
  open_rule_ = nullptr;
  return true;
}

std::optional<EventPosition> Outbox::last_event() const {
  if (!last_event_) return std::nullopt;
  return last_event_->position();
}

}  // namespace waltrack
