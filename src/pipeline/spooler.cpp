#include "pipeline/spooler.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"

namespace waltrack {

using namespace std::chrono_literals;

namespace {

constexpr size_t kAppendBytes = 1 << 20;  // between two syncs
constexpr size_t kReadBytes = 256 << 10;
constexpr auto kRetrySpace = 1s;

}  // namespace

Spooler::Spooler(SpoolSettings settings, LaneQueues& incoming, InflightLedger& ledger,
                 DeadLetterQueue& dead_letters, BatchLimits limits, const Clock& clock)
    : settings_(settings),
      store_(*settings.store),
      incoming_(incoming),
      ledger_(ledger),
      dead_letters_(dead_letters),
      clock_(clock),
      most_bytes_(store_.max_bytes()),
      outgoing_(incoming.lanes(), limits),
      batches_(outgoing_),
      user_lanes_(incoming.lanes()),
      in_use_(!store_.empty()) {
  note_figures();
  if (in_use_) {
    log::info("events wait in the spool; they are sent first",
              {{"events", store_.events()}, {"bytes", store_.bytes()}});
  }
}

void Spooler::begin(std::vector<LaneWork::Piece> work) {
  in_use_ = true;
  log::warn("the receiver is away for long: events go to the spool from now on",
            {{"after_s", static_cast<long long>(settings_.after.count())}});
  for (const LaneWork::Piece& piece : work)
    take_in(piece.events);
  take_in_all();
}

// Behind nothing that is older: no lane is ahead of what is pending already.
void Spooler::take_in_all() {
  for (const EventBatch& batch : incoming_.take_all())
    take_in(batch);
  // Their numbers are the stream's order, across all lanes.
  std::sort(pending_.begin(), pending_.end(),
            [](const Pending& a, const Pending& b) { return a.sequence < b.sequence; });
}

bool Spooler::work() {
  if (pending_.empty()) take_in_all();
  const bool stored = store_pending();
  const bool settled = settle_stored_letters();
  const bool released = release();
  load();
  note_figures();
  return stored || settled || released;
}

void Spooler::take_in(const EventBatch& batch) {
  size_t start = 0;
  for (size_t i = 0; i < batch.count(); ++i) {
    pending_.push_back({batch.sequences[i], batch.text.substr(start, batch.sizes[i])});
    pending_bytes_ += sizeof(Pending) + batch.sizes[i];
    start += batch.sizes[i] + 1;
  }
}

bool Spooler::store_pending() {
  if (pending_.empty() || (retry_at_ && clock_.steady() < *retry_at_)) return false;
  bool stored = false;
  try {
    while (!pending_.empty()) {
      failpoint("spool.before_append");
      const size_t events = append_some();
      if (events == 0) {
        tell_full("it holds spool.max_bytes");
        return stored;
      }
      store_.sync();
      failpoint("spool.synced");
      std::vector<uint64_t> sequences;
      for (size_t i = 0; i < events; ++i) {
        sequences.push_back(pending_.front().sequence);
        pending_bytes_ -= sizeof(Pending) + pending_.front().text.size();
        pending_.pop_front();
      }
      ledger_.finish(sequences);
      failpoint("spool.finished");
      stored = true;
    }
  } catch (const Error& error) {
    if (!error.is_transient()) throw;
    tell_full(error.describe());
    return stored;
  }
  full_ = false;
  retry_at_.reset();
  return stored;
}

// Gives how many of the first were appended.
size_t Spooler::append_some() {
  std::vector<SpooledEvent> events;
  size_t bytes = 0;
  for (const Pending& event : pending_) {
    if (bytes >= kAppendBytes) break;
    bytes += event.text.size();
    events.push_back(spooled(event));
  }
  while (!events.empty() && !store_.append(events))
    events.resize(events.size() / 2);
  return events.size();
}

SpooledEvent Spooler::spooled(const Pending& event) const {
  const LedgerEntry entry = ledger_.entry(event.sequence);
  return {.users = entry.users,
          .payload = event.text,
          .position = entry.position(),
          .commit_time_us = entry.commit_time_us,
          .op = std::string(op_name(entry.op))};
}

void Spooler::tell_full(const std::string& reason) {
  retry_at_ = clock_.steady() + kRetrySpace;
  if (full_.exchange(true) && clock_.steady() - told_at_ < 60s) return;
  told_at_ = clock_.steady();
  log::warn("the spool takes no more events; they wait in memory, then in the server's log",
            {{"reason", reason}, {"events", store_.events()}, {"bytes", store_.bytes()}});
}

void Spooler::load() {
  while (outgoing_.bytes() < settings_.read_ahead_bytes &&
         loaded_bytes_ + letter_bytes_ < 2 * settings_.read_ahead_bytes) {
    if (read_.empty()) {
      batches_.push();  // they count only there
      for (ReadEvent& event : store_.read(kReadBytes))
        read_.push_back(std::move(event));
    }
    if (read_.empty()) break;
    load(std::move(read_.front()));
    read_.pop_front();
  }
  batches_.push();
}

void Spooler::load(ReadEvent read) {
  SpooledEvent& event = read.event;
  Loaded& loaded = loaded_.emplace_back();
  loaded.number = read.number;
  loaded.users = event.users;
  loaded.position = std::move(event.position);
  loaded.commit_time_us = event.commit_time_us;
  loaded.op = std::move(event.op);
  loaded_bytes_ += loaded.bytes();
  const LaneSet lanes = user_lanes_.add(event.users);
  if (!batches_.takes(lanes)) batches_.push();
  batches_.add(lanes, read.number, event.payload);
  user_lanes_.settle(event.users, lanes);
}

// It has its fate.
void Spooler::finish(Loaded& event) {
  event.done = true;
  user_lanes_.remove(event.users);
}

Spooler::Loaded& Spooler::loaded(uint64_t number) {
  return *std::lower_bound(loaded_.begin(), loaded_.end(), number,
                           [](const Loaded& one, uint64_t wanted) { return one.number < wanted; });
}

void Spooler::accepted(std::span<const uint64_t> numbers) {
  // Most events of a batch are of the same rule as the one before.
  const EventPosition* of = nullptr;
  uint64_t events = 0;
  const auto tell = [&] {
    if (counts_ != nullptr && of != nullptr) counts_->sent(of->table, of->rule, events);
    events = 0;
  };
  for (const uint64_t number : numbers) {
    Loaded& event = loaded(number);
    finish(event);
    if (of == nullptr || of->rule != event.position.rule || of->table != event.position.table) {
      tell();
      of = &event.position;
    }
    ++events;
  }
  tell();
}

void Spooler::refused(uint64_t number, std::string payload, const Refusal& why) {
  Loaded& event = loaded(number);
  event.letter_bytes = payload.size() + why.answer.size();
  letter_bytes_ += event.letter_bytes;
  DeadLetter letter;
  letter.position = event.position;
  letter.commit_time_us = event.commit_time_us;
  letter.op = event.op;
  letter.reason = kRefusedReason;
  letter.detail = why.reason;
  dead_letters_.push_refused({number, std::move(letter), true}, std::move(payload), why);
}

// Their events are done with once the letters are on the disk.
bool Spooler::settle_stored_letters() {
  const std::vector<uint64_t> numbers = dead_letters_.take_stored();
  for (const uint64_t number : numbers) {
    Loaded& event = loaded(number);
    letter_bytes_ -= std::exchange(event.letter_bytes, 0);
    finish(event);
  }
  return !numbers.empty();
}

bool Spooler::release() {
  std::optional<uint64_t> last;
  for (; !loaded_.empty() && loaded_.front().done; loaded_.pop_front()) {
    last = loaded_.front().number;
    loaded_bytes_ -= loaded_.front().bytes();
  }
  if (!last) return false;
  failpoint("spool.before_release");
  store_.release(*last + 1);
  failpoint("spool.released");
  return true;
}

bool Spooler::end() {
  if (!in_use_ || !pending_.empty() || !read_.empty() || !loaded_.empty() || !store_.empty()) {
    return false;
  }
  in_use_ = false;
  log::info("the spool is empty; events go straight to the receiver again");
  return true;
}

std::chrono::milliseconds Spooler::patience() const {
  return pending_.empty() && dead_letters_.bytes() == 0 ? 10'000ms : 1000ms;
}

void Spooler::note_figures() {
  events_ = store_.events();
  bytes_ = store_.bytes();
}

}  // namespace waltrack
