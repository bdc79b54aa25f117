#include "pipeline/inflight_ledger.hpp"

#include <algorithm>
#include <utility>

namespace waltrack {

EventPosition LedgerEntry::position() const {
  return {.commit_lsn = commit_lsn,
          .kind = kind(),
          .lsn = lsn,
          .table = rule->table,
          .ordinal = ordinal,
          .rule = rule->id};
}

DeadLetter LedgerEntry::letter(std::string_view reason, std::string_view detail) const {
  DeadLetter letter;
  letter.position = position();
  letter.commit_time_us = commit_time_us;
  letter.op = op_name(op);
  letter.reason = reason;
  letter.detail = detail;
  return letter;
}

InflightLedger::InflightLedger(Checkpoint start)
    : ring_(1024), safe_lsn_(start.lsn), start_within_(std::move(start.within)) {}

void InflightLedger::append(Lsn leading_mark, std::span<const LedgerEntry> events,
                            std::vector<PlacedStep> steps) {
  const std::lock_guard lock(mutex_);
  if (!leading_mark.is_none()) {
    if (first_ == next_) {
      pass_mark(leading_mark);
    } else {
      // A new connection's keepalives begin further back.
      Lsn& mark = at(next_ - 1).mark_after;
      mark = std::max(mark, leading_mark);
    }
  }
  for (const LedgerEntry& event : events) {
    if (next_ - first_ == ring_.size()) grow();
    at(next_++) = event;
    ++unfinished_;
  }
  for (PlacedStep& placed : steps) {
    step_bytes_ += placed.step.bytes();
    steps_.push_back(std::move(placed));
  }
}

void InflightLedger::finish(std::span<const uint64_t> sequences) {
  const std::lock_guard lock(mutex_);
  for (const uint64_t sequence : sequences)
    finish(at(sequence));
}

// False when it was already.
bool InflightLedger::finish(LedgerEntry& entry) {
  if (std::exchange(entry.finished, true)) return false;
  --unfinished_;
  if (!entry.users.named().empty()) finished_.push_back(entry.users);
  return true;
}

void InflightLedger::accept(std::span<const uint64_t> sequences) {
  const std::lock_guard lock(mutex_);
  for (const uint64_t sequence : sequences) {
    LedgerEntry& entry = at(sequence);
    if (!finish(entry)) continue;
    const uint32_t index = entry.rule->index;
    if (index >= tallies_.size()) tallies_.resize(index + 1);
    tallies_[index].rule = entry.rule;
    ++tallies_[index].events;
  }
}

void InflightLedger::take_finished(std::vector<EventUsers>& users) {
  users.clear();
  const std::lock_guard lock(mutex_);
  users.swap(finished_);
}

std::vector<InflightLedger::Accepted> InflightLedger::take_accepted() {
  const std::lock_guard lock(mutex_);
  name_accepted();
  return std::exchange(accepted_, {});
}

// What is kept afterwards needs no rule to live.
void InflightLedger::name_accepted() {
  for (Tally& tally : tallies_) {
    if (tally.rule != nullptr)
      accepted_.push_back({tally.rule->table, tally.rule->id, tally.events});
    tally = {};
  }
}

LedgerEntry InflightLedger::entry(uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  return ring_[sequence & (ring_.size() - 1)];
}

void InflightLedger::pass_mark(Lsn lsn) {
  safe_lsn_ = std::max(safe_lsn_, lsn);
  if (last_safe_event_ && last_safe_event_->commit_lsn < lsn) last_safe_event_.reset();
  if (start_within_ && start_within_->commit_lsn < lsn) start_within_.reset();
}

InflightLedger::Progress InflightLedger::advance() {
  const std::lock_guard lock(mutex_);
  Progress progress;
  for (; first_ != next_ && at(first_).finished; ++first_) {
    const LedgerEntry& event = at(first_);
    if (event.op != Op::backfill) {
      last_safe_event_ = event;
      start_within_.reset();
    }
    if (!event.mark_after.is_none()) pass_mark(event.mark_after);
    ++progress.finished_events;
  }
  for (; !steps_.empty() && steps_.front().after <= first_; steps_.pop_front()) {
    step_bytes_ -= steps_.front().step.bytes();
    progress.steps.push_back(std::move(steps_.front().step));
  }
  progress.checkpoint.lsn = safe_lsn_;
  progress.checkpoint.within =
      last_safe_event_ ? std::optional(last_safe_event_->position()) : start_within_;
  return progress;
}

bool InflightLedger::forget_rules() {
  const std::lock_guard lock(mutex_);
  if (first_ != next_) return false;
  if (last_safe_event_) start_within_ = last_safe_event_->position();
  last_safe_event_.reset();
  name_accepted();
  return true;
}

size_t InflightLedger::bytes() const {
  const std::lock_guard lock(mutex_);
  return (next_ - first_) * sizeof(LedgerEntry) + step_bytes_;
}

bool InflightLedger::is_idle() const {
  return unfinished() == 0;
}

uint64_t InflightLedger::unfinished() const {
  const std::lock_guard lock(mutex_);
  return unfinished_;
}

uint64_t InflightLedger::entries() const {
  const std::lock_guard lock(mutex_);
  return next_ - first_;
}

std::optional<int64_t> InflightLedger::oldest_commit_us() const {
  const std::lock_guard lock(mutex_);
  for (uint64_t i = first_; i != next_; ++i) {
    const LedgerEntry& entry = ring_[i & (ring_.size() - 1)];
    if (entry.op != Op::backfill && entry.commit_time_us != 0) return entry.commit_time_us;
  }
  return std::nullopt;
}

void InflightLedger::grow() {
  std::vector<LedgerEntry> larger(ring_.size() * 2);
  for (uint64_t i = first_; i != next_; ++i)
    larger[i & (larger.size() - 1)] = at(i);
  ring_ = std::move(larger);
}

}  // namespace waltrack
