#include "pipeline/checkpointer.hpp"

#include <chrono>
#include <utility>

#include "base/failpoint.hpp"
#include "base/log.hpp"

namespace waltrack {

using namespace std::chrono_literals;

namespace {

constexpr auto kBetweenSaves = 50ms;
constexpr auto kBetweenSteps = 15ms;  // a backfill waits for what it has told to become durable

}  // namespace

Checkpointer::Checkpointer(InflightLedger& ledger, DeadLetterQueue& dead_letters,
                           ProgressStore& store, const DeliveryCondition& condition,
                           const MappingStatus& mappings, const SourceStatus& source,
                           BackfillExchange& backfills, Checkpoint start,
                           std::function<void()> on_saved)
    : ledger_(ledger),
      dead_letters_(dead_letters),
      store_(store),
      condition_(condition),
      mappings_(mappings),
      source_(source),
      backfills_(backfills),
      on_saved_(std::move(on_saved)),
      confirmed_(start.lsn.value),
      saved_(std::move(start)) {}

void Checkpointer::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void Checkpointer::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void Checkpointer::hurry(bool on) {
  hurried_ = on;
  if (on) wake();
}

void Checkpointer::run() {
  while (sleep()) {
    save(hurried_ || std::chrono::steady_clock::now() - position_saved_at_ >= 1s);
    save_states(false);
    look_for_requests();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, saved_steps_ ? kBetweenSteps : kBetweenSaves,
                      [&] { return stopping_; });
  }
  save(true);
  save_states(true);
}

bool Checkpointer::sleep() {
  std::unique_lock lock(mutex_);
  // The second's limit brings a position to disk that moved while a save was not due.
  changed_.wait_for(lock, 1s, [&] { return woken_ || stopping_; });
  woken_ = false;
  return !stopping_;
}

void Checkpointer::save_states(bool last) {
  const auto now = std::chrono::steady_clock::now();
  if (!last && now - states_saved_at_ < 1s) return;
  if (const uint64_t version = mappings_.version(); version != mappings_saved_) {
    store_.save_mappings(mappings_.state());
    mappings_saved_ = version;
    states_saved_at_ = now;
  }
  if (source_.version() != source_saved_) {
    save_source();
    states_saved_at_ = now;
  }
}

void Checkpointer::look_for_requests() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_at_ < 1s) return;
  looked_at_ = now;
  backfills_.bring(store_.backfill_requests());
  if (backfills_.has_requests()) on_saved_();
}

void Checkpointer::save_source() {
  const uint64_t version = source_.version();
  const SourceState state = source_.state();
  store_.save_source(state);
  source_saved_ = version;
  origin_saved_ = state.origin;
}

// A broken rule fails on every row: one line a minute for each rule and reason is enough.
void Checkpointer::tell(const DeadLetter& letter) {
  const auto now = std::chrono::steady_clock::now();
  Told& told = told_[{letter.position.table + " " + letter.position.rule, letter.reason}];
  ++told.rows;
  if (told.rows > 1 && now - told.at < 60s) return;
  log::warn("rows can never be sent; kept as dead letters in the state file",
            {{"rule", letter.position.table + " " + letter.position.rule},
             {"reason", letter.reason},
             {"detail", letter.detail},
             {"lsn", letter.position.commit_lsn.is_none() ? "none" : letter.position.lsn.text()},
             {"so_far", told.rows}});
  told.at = now;
}

void Checkpointer::save(bool position_alone) {
  const std::vector<DeadLetterQueue::Item> items = dead_letters_.take_all();
  std::vector<DeadLetter> letters;
  std::vector<uint64_t> sequences;
  std::vector<uint64_t> spooled;
  for (const DeadLetterQueue::Item& item : items) {
    letters.push_back(item.letter);
    (item.spooled ? spooled : sequences).push_back(item.sequence);
    tell(item.letter);
    failpoint("checkpointer.letter_taken");
  }
  // Letters, steps and the checkpoint that passes them become durable in one transaction; if it
  // fails, none is, and nothing was published.
  ledger_.finish(sequences);
  const InflightLedger::Progress progress = ledger_.advance();
  saved_steps_ = !progress.steps.empty();
  const bool must_save = !letters.empty() || !progress.steps.empty();
  const bool worth_saving = progress.finished_events > 0 || position_alone;
  if (must_save || (worth_saving && progress.checkpoint != saved_)) {
    // A checkpoint on another timeline than the stored one would look like a history that diverged.
    if (source_.state().origin != origin_saved_) save_source();
    failpoint("checkpointer.before_save");
    store_.save(progress.checkpoint, letters, progress.steps);
    failpoint("checkpointer.saved");
    backfills_.saved(progress.steps);
    dead_letters_.note_stored(spooled);
    saved_ = progress.checkpoint;
    position_saved_at_ = std::chrono::steady_clock::now();
    dead_.fetch_add(letters.size(), std::memory_order_relaxed);
    confirmed_.store(saved_.lsn.value, std::memory_order_release);
    failpoint("checkpointer.published");
    on_saved_();
  }
  if (const std::string condition = condition_.text(); condition != saved_condition_) {
    store_.save_condition(condition);
    saved_condition_ = condition;
  }
}

}  // namespace waltrack
