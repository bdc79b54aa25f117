#include "pipeline/checkpointer.hpp"

#include <algorithm>
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
                           ProgressStore& store, DeliveryCondition& condition,
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
      cap_(store),
      saved_(std::move(start)) {}

void Checkpointer::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void Checkpointer::wake() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(woken_, true)) return;
  changed_.notify_all();
}

void Checkpointer::hurry(bool on) {
  hurried_ = on;
  if (on) wake();
}

void Checkpointer::observe(RuleCounts& counts, Stage& stage,
                           std::function<void(bool last)> save_figures) {
  counts_ = &counts;
  stage_ = &stage;
  save_figures_ = std::move(save_figures);
}

void Checkpointer::run() {
  while (sleep()) {
    try {
      save_all();
    } catch (const Error& error) {
      if (!error.is_transient()) throw;
      wait_for_space(error);
      continue;
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, saved_steps_ ? kBetweenSteps : kBetweenSaves,
                      [&] { return stopping_; });
  }
  if (unsaved_) store_unsaved();
  save(true);
  save_states(true);
}

void Checkpointer::save_all() {
  save(hurried_ || retry_at_ || std::chrono::steady_clock::now() - position_saved_at_ >= 1s);
  save_states(retry_at_.has_value());
  look_for_requests();
  store_.beat();
  if (!retry_at_) return;
  retry_at_.reset();
  no_space_.clear();
  tell_store();
  save_condition();
  log::info("there is space for the state file again; going on");
}

bool Checkpointer::sleep() {
  if (stage_ != nullptr) stage_->turn();
  std::unique_lock lock(mutex_);
  if (retry_at_) {
    changed_.wait_until(lock, *retry_at_, [&] { return stopping_; });
    return !stopping_;
  }
  // The second's limit brings a position to disk that moved while a save was not due.
  changed_.wait_for(lock, 1s, [&] { return woken_ || stopping_; });
  woken_ = false;
  return !stopping_;
}

void Checkpointer::save_states(bool last) {
  const auto now = std::chrono::steady_clock::now();
  if (save_figures_ && (last || now - figures_at_ >= 1s)) {
    figures_at_ = now;
    save_figures_(last);
  }
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
  log::warn(
      "events can't be made or sent; kept as dead letters in the state file, see `waltrack dead "
      "list`",
      {{"rule", letter.position.table + " " + letter.position.rule},
       {"reason", letter.reason},
       {"detail", letter.detail},
       {"lsn", letter.position.commit_lsn.is_none() ? "none" : letter.position.lsn.text()},
       {"so_far", told.rows}});
  told.at = now;
}

void Checkpointer::save(bool position_alone) {
  if (!unsaved_) collect(position_alone);
  tell_store();
  if (unsaved_) store_unsaved();
  save_condition();
}

// Letters, steps and the checkpoint that passes them become durable in one transaction. What was
// taken from queue and ledger stays here until the store has it.
void Checkpointer::collect(bool position_alone) {
  std::vector<DeadLetterQueue::Item> items =
      cap_.admit(dead_letters_.take_all(), std::chrono::steady_clock::now());
  std::vector<DeadLetter> letters;
  std::vector<uint64_t> sequences;
  std::vector<uint64_t> spooled;
  size_t bytes = 0;
  for (DeadLetterQueue::Item& item : items) {
    bytes += item.bytes();
    (item.spooled ? spooled : sequences).push_back(item.sequence);
    letters.push_back(std::move(item.letter));
    failpoint("checkpointer.letter_taken");
  }
  ledger_.finish(sequences);
  InflightLedger::Progress progress = ledger_.advance();
  saved_steps_ = !progress.steps.empty();
  const bool must_save = !letters.empty() || !progress.steps.empty();
  const bool worth_saving = progress.finished_events > 0 || position_alone;
  if (!must_save && (!worth_saving || progress.checkpoint == saved_)) return;
  for (const BackfillStep& step : progress.steps)
    bytes += step.bytes();
  unsaved_bytes_ = bytes;
  unsaved_ = Unsaved{std::move(progress.checkpoint), std::move(letters), std::move(progress.steps),
                     std::move(spooled)};
}

void Checkpointer::store_unsaved() {
  // A checkpoint on another timeline than the stored one would look like a history that diverged.
  if (source_.state().origin != origin_saved_) save_source();
  failpoint("checkpointer.before_save");
  if (stage_ != nullptr) stage_->work(true);
  store_.save(unsaved_->checkpoint, unsaved_->letters, unsaved_->steps);
  if (stage_ != nullptr) stage_->work(false);
  failpoint("checkpointer.saved");
  backfills_.saved(unsaved_->steps);
  dead_letters_.note_stored(unsaved_->spooled);
  for (const DeadLetter& letter : unsaved_->letters)
    tell(letter);
  saved_ = unsaved_->checkpoint;
  position_saved_at_ = std::chrono::steady_clock::now();
  dead_.fetch_add(unsaved_->letters.size(), std::memory_order_relaxed);
  for (const DeadLetter& letter : unsaved_->letters) {
    if (counts_ != nullptr) counts_->dead(letter.position.table, letter.position.rule, 1);
  }
  unsaved_.reset();
  unsaved_bytes_ = 0;
  confirmed_.store(saved_.lsn.value, std::memory_order_release);
  failpoint("checkpointer.published");
  on_saved_();
}

void Checkpointer::save_condition() {
  const std::string condition = condition_.text();
  if (condition == saved_condition_) return;
  store_.save_condition(condition);
  saved_condition_ = condition;
}

void Checkpointer::wait_for_space(const Error& error) {
  const bool first = !retry_at_;
  retry_wait_ = first ? first_retry_ : std::min(2 * retry_wait_, longest_retry_);
  retry_at_ = std::chrono::steady_clock::now() + retry_wait_;
  no_space_ = std::string(kHeldDelivery) + error.what() + " (" + error.hint() + ")";
  tell_store();
  if (!first) return;
  log::error("the state file has no space; nothing is confirmed until it has, and then it goes on",
             {{"reason", error.what()}, {"file", error.where()}, {"hint", error.hint()}});
}

// Where both are in trouble the condition names what has to be mended first.
void Checkpointer::tell_store() {
  const bool full = cap_.waiting() > 0;
  std::string text = no_space_;
  if (text.empty() && full) {
    text =
        std::string(kHeldDelivery) + std::to_string(store_.dead_letter_max()) +
        " dead letters are kept, which is dead_letters.max; more wait (see `waltrack dead list`; "
        "replay or drop some, or allow more)";
  }
  condition_.set_store_trouble(std::move(text));
  if (full == told_full_) return;
  told_full_ = full;
  if (full) {
    log::error("as many dead letters are kept as may be; nothing is confirmed until there is room",
               {{"max", store_.dead_letter_max()},
                {"hint",
                 "see `waltrack dead list`; replay or drop some, or allow more "
                 "(dead_letters.max)"}});
  } else {
    log::info("there is room for dead letters again; going on");
  }
}

}  // namespace waltrack
