#include "pipeline/capture.hpp"

#include <algorithm>
#include <poll.h>
#include <random>
#include <utility>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "pipeline/backfill_weaver.hpp"

namespace waltrack {

using namespace std::chrono_literals;

namespace {

// So much was there before the source ran dry: more is on its way, and gathers for a moment.
constexpr size_t kBusyItems = 8;
constexpr auto kGathering = 2ms;

// Those of `tables` that `others` lack.
std::string missing_in(const std::vector<TableName>& others, const std::vector<TableName>& tables) {
  std::string text;
  for (const TableName& table : tables) {
    if (std::ranges::find(others, table) != others.end()) continue;
    text.append(text.empty() ? "" : ", ").append(table.full_name());
  }
  return text.empty() ? "none" : text;
}

}  // namespace

Capture::Capture(ChangeSource& source, MappingSet mappings, Outbox& outbox, Checkpoint start,
                 size_t memory_bytes, CaptureHooks hooks, const Clock& clock,
                 BackfillWeaver* weaver)
    : source_(source),
      outbox_(outbox),
      memory_bytes_(memory_bytes),
      hooks_(std::move(hooks)),
      clock_(clock),
      weaver_(weaver),
      mappings_(std::move(mappings)),
      received_(start.lsn),
      resume_(std::move(start.within)),
      backoff_(200ms, 60s, std::random_device()()) {
  if (weaver_ != nullptr) weaver_->follow(*mappings_.mapper, mappings_.followed, mappings_.initial);
}

void Capture::stop_reading() {
  stop_reading_ = true;
  wakeup_.wake();
}

void Capture::finish() {
  finish_ = true;
  stop_reading();
}

void Capture::offer(MappingSet mappings) {
  {
    const std::lock_guard lock(mutex_);
    offer_ = std::move(mappings);
    offered_ = true;
  }
  wakeup_.wake();
}

void Capture::run() {
  while (!stop_reading_) {
    turn();
    try {
      take_up_offer();
      connect();
      stream();
      source_.close();
      return;
    } catch (const Error& error) {
      if (!error.is_transient()) {
        hooks_.on_ended(error.describe());
        if (outbox_.flush()) hooks_.on_flushed();
        throw;
      }
      resume_after_what_was_received();
      hooks_.on_ended(error.describe());
      log::warn("the stream ended; reconnecting",
                {{"reason", error.describe()}, {"received", received_.text()}});
      source_.close();
      if (outbox_.flush()) hooks_.on_flushed();
      sleep(backoff_.next(), stop_reading_);
    }
  }
  stopped_reading_ = true;
  sleep(24h, finish_);
}

void Capture::connect() {
  source_.open(received_);
  hooks_.on_streaming(source_.origin());
  in_transaction_ = false;
  shutdown_watch_.reset();
  if (weaver_ != nullptr) weaver_->connected(received_);
}

void Capture::stream() {
  while (!finish_) {
    turn();
    wakeup_.drain();
    const bool stopping = stop_reading_;
    if (!stopping && take_up_offer()) connect();
    const bool full = hooks_.queued_bytes() >= memory_bytes_;
    const bool woven = !stopping && weave();
    const bool held = holds_for_offer() || (weaver_ != nullptr && weaver_->holds_stream());
    const bool reading = !stopping && !full && !held;
    const bool more = reading && read_some();
    if (outbox_.flush()) hooks_.on_flushed();
    if (stopping) stopped_reading_ = true;
    source_.report(hooks_.confirmed(), std::exchange(reply_requested_, false));
    if (reading) ask_position();
    let_go_of_a_stopping_server(reading);
    if (more) continue;
    // A server that sends row by row would wake this thread for each.
    const bool busy = reading && std::exchange(taken_in_, 0) >= kBusyItems;
    source_.wait(wakeup_.fd(), woven ? 0ms : busy ? kGathering : patience(), reading && !busy);
  }
  source_.report(hooks_.confirmed(), true);
}

// Backfills some rows, if it is their turn. Their events may fill a part of the memory only: what
// the stream brings travels behind them. Returns whether there are more.
bool Capture::weave() {
  // A transaction that has to come again may be waiting behind what is not known of keys yet.
  if (weaver_ == nullptr || in_transaction_ || offered_) return false;
  return weaver_->work(hooks_.queued_bytes() < memory_bytes_ / 4);
}

// An idle server tells its position only when it is asked.
void Capture::ask_position() {
  constexpr auto kBetween = 20ms;
  const SteadyTime now = clock_.steady();
  if (weaver_ == nullptr || !weaver_->waits_for_position() || now < position_due_) return;
  position_due_ = now + kBetween;
  source_.ask_position(hooks_.confirmed());
}

std::chrono::milliseconds Capture::patience() const {
  return weaver_ == nullptr ? 1000ms : weaver_->patience();
}

// Takes in what has arrived, up to a full outbox. Returns whether more may be there.
bool Capture::read_some() {
  constexpr int kMostItems = 1024;
  constexpr int kBetweenLooks = 256;
  StreamItem item;
  for (int i = 0; i < kMostItems; ++i) {
    if (!source_.next(item)) return false;
    ++taken_in_;
    failpoint("capture.received");
    backoff_.reset();
    handle(item);
    if (outbox_.is_full() || reply_requested_ || holds_for_offer()) return true;
    // Events that had to be handed over in the middle of a row have left the outbox.
    if (i % kBetweenLooks == kBetweenLooks - 1 && hooks_.queued_bytes() >= memory_bytes_)
      return true;
  }
  return true;
}

void Capture::handle(StreamItem& item) {
  switch (item.kind) {
    case StreamItem::Kind::begin:
      handle_begin(item);
      return;
    case StreamItem::Kind::change:
      rows_.fetch_add(1, std::memory_order_relaxed);
      if (weaver_ != nullptr) item.change.tell_all = weaver_->see(item.change);
      outbox_.set_row(item.transaction, item.change);
      mappings_.mapper->map(item.transaction, item.change, outbox_);
      failpoint("capture.mapped");
      return;
    case StreamItem::Kind::commit:
      in_transaction_ = false;
      if (resume_ && resume_->commit_lsn <= item.transaction.commit_lsn) resume_.reset();
      outbox_.skip_nothing();
      outbox_.mark(item.end_lsn);
      received_ = std::max(received_, item.end_lsn);
      if (weaver_ != nullptr) weaver_->committed(item.transaction, item.end_lsn);
      failpoint("capture.committed");
      return;
    case StreamItem::Kind::keepalive:
      handle_keepalive(item);
      return;
  }
}

void Capture::handle_begin(const StreamItem& item) {
  in_transaction_ = true;
  if (weaver_ != nullptr) weaver_->begin();
  transaction_ = item.transaction;
  if (resume_ && resume_->commit_lsn == item.transaction.commit_lsn) {
    log::info("resuming inside a transaction",
              {{"commit", resume_->commit_lsn.text()}, {"after_row", resume_->lsn.text()}});
    outbox_.skip_through(*resume_, rest_of_row_);
  } else {
    outbox_.skip_nothing();
  }
}

void Capture::handle_keepalive(const StreamItem& item) {
  reply_requested_ |= item.reply_requested;
  shutdown_watch_.keepalive(item.end_lsn, item.reply_requested);
  // Inside a transaction only its end may move the position.
  if (in_transaction_) return;
  // What was to come again never will: the server has nothing of it to send.
  if (resume_ && resume_->commit_lsn < item.end_lsn) resume_.reset();
  outbox_.mark(item.end_lsn);
  received_ = std::max(received_, item.end_lsn);
  if (weaver_ != nullptr) weaver_->passed(item.end_lsn);
}

// Swaps the mappings if some are offered and it is safe. Returns whether the source has to be
// opened anew. Everything that was taken in has been flushed.
bool Capture::take_up_offer() {
  if (!offered_) return false;
  if (!waiting_since_) {
    waiting_since_ = clock_.steady();
    hooks_.hurry(true);
  }
  if (!at_boundary()) {
    tell_waiting("the transaction that is being read has to end first");
    return false;
  }
  if (hooks_.confirmed() < received_ || !outbox_.forget_rules()) {
    tell_waiting("what was read before has to be delivered first");
    return false;
  }
  std::optional<MappingSet> offer;
  {
    const std::lock_guard lock(mutex_);
    offer = std::exchange(offer_, std::nullopt);
    offered_ = false;
  }
  hooks_.hurry(false);
  waiting_since_.reset();
  told_waiting_ = false;
  return work_by(*std::move(offer));
}

void Capture::tell_waiting(const char* reason) {
  hooks_.on_waiting(reason);
  if (told_waiting_ || clock_.steady() - *waiting_since_ < 1s) return;
  told_waiting_ = true;
  log::info("changed mapping files wait", {{"reason", reason}, {"received", received_.text()}});
}

bool Capture::work_by(MappingSet mappings) {
  const MappingSet before = std::exchange(mappings_, std::move(mappings));
  const bool reconnect = source_.follow(mappings_.followed);
  log::info("mappings reloaded",
            {{"files", mappings_.summary.files},
             {"rules", mappings_.summary.rules},
             {"fingerprint", mappings_.summary.fingerprint},
             {"tables_added", missing_in(before.followed.tables, mappings_.followed.tables)},
             {"tables_dropped", missing_in(mappings_.followed.tables, before.followed.tables)},
             {"from", received_.text()}});
  hooks_.on_mappings(mappings_);
  if (weaver_ != nullptr) weaver_->follow(*mappings_.mapper, mappings_.followed, mappings_.initial);
  return reconnect;
}

void Capture::let_go_of_a_stopping_server(bool reading) {
  const bool has_unconfirmed = in_transaction_ || hooks_.confirmed() < received_;
  if (!shutdown_watch_.should_ask(clock_.steady(), has_unconfirmed, reading)) return;
  if (!source_.server_is_stopping()) return;
  throw Error(ErrorKind::transient,
              "the server wants to shut down while events are unconfirmed; letting it go");
}

// The next connection starts after what is in memory already: it is not read twice.
void Capture::resume_after_what_was_received() {
  if (!in_transaction_) return;
  const std::optional<EventPosition> last = outbox_.last_event();
  if (last && last->commit_lsn == transaction_.commit_lsn) {
    resume_ = last;
    rest_of_row_ = Outbox::RestOfRow::taken_in;
  }
  in_transaction_ = false;
}

void Capture::sleep(std::chrono::milliseconds duration, const std::atomic<bool>& unless) {
  const SteadyTime due = clock_.steady() + duration;
  while (!unless) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - clock_.steady());
    if (left <= 0ms) return;
    turn();
    pollfd waiting{wakeup_.fd(), POLLIN, 0};
    poll(&waiting, 1, static_cast<int>(std::min(left, 10'000ms).count()));
    wakeup_.drain();
  }
}

}  // namespace waltrack
