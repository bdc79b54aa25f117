#include "pipeline/capture.hpp"

#include <algorithm>
#include <poll.h>
#include <random>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"

namespace waltrack {

using namespace std::chrono_literals;

Capture::Capture(ChangeSource& source, ChangeMapper& mapper, Outbox& outbox, Checkpoint start,
                 size_t memory_bytes, CaptureHooks hooks, const Clock& clock)
    : source_(source),
      mapper_(mapper),
      outbox_(outbox),
      memory_bytes_(memory_bytes),
      hooks_(std::move(hooks)),
      clock_(clock),
      received_(start.lsn),
      resume_(std::move(start.within)),
      backoff_(200ms, 60s, std::random_device()()) {}

void Capture::stop_reading() {
  stop_reading_ = true;
  wakeup_.wake();
}

void Capture::finish() {
  finish_ = true;
  stop_reading();
}

void Capture::run() {
  while (!stop_reading_) {
    try {
      connect();
      stream();
      source_.close();
      return;
    } catch (const Error& error) {
      if (!error.is_transient()) {
        if (outbox_.flush()) hooks_.on_flushed();
        throw;
      }
      resume_after_what_was_received();
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
  in_transaction_ = false;
  shutdown_watch_.reset();
}

void Capture::stream() {
  while (!finish_) {
    wakeup_.drain();
    const bool stopping = stop_reading_;
    const bool full = hooks_.queued_bytes() >= memory_bytes_;
    const bool reading = !stopping && !full;
    const bool more = reading && read_some();
    if (outbox_.flush()) hooks_.on_flushed();
    if (stopping) stopped_reading_ = true;
    source_.report(hooks_.confirmed(), std::exchange(reply_requested_, false));
    let_go_of_a_stopping_server(reading);
    if (!more) source_.wait(wakeup_.fd(), 1000ms, reading);
  }
  source_.report(hooks_.confirmed(), true);
}

// Takes in what has arrived, up to a full outbox. Returns whether more may be there.
bool Capture::read_some() {
  constexpr int kMostItems = 256;
  StreamItem item;
  for (int i = 0; i < kMostItems; ++i) {
    if (!source_.next(item)) return false;
    backoff_.reset();
    handle(item);
    if (outbox_.is_full() || reply_requested_) return true;
  }
  return true;
}

void Capture::handle(const StreamItem& item) {
  switch (item.kind) {
    case StreamItem::Kind::begin:
      handle_begin(item);
      return;
    case StreamItem::Kind::change:
      rows_.fetch_add(1, std::memory_order_relaxed);
      outbox_.set_row(item.transaction, item.change);
      mapper_.map(item.transaction, item.change, outbox_);
      return;
    case StreamItem::Kind::commit:
      in_transaction_ = false;
      if (resume_ && resume_->commit_lsn <= item.transaction.commit_lsn) resume_.reset();
      outbox_.skip_nothing();
      outbox_.mark(item.end_lsn);
      received_ = std::max(received_, item.end_lsn);
      return;
    case StreamItem::Kind::keepalive:
      handle_keepalive(item);
      return;
  }
}

void Capture::handle_begin(const StreamItem& item) {
  in_transaction_ = true;
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
  outbox_.mark(item.end_lsn);
  received_ = std::max(received_, item.end_lsn);
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
    pollfd waiting{wakeup_.fd(), POLLIN, 0};
    poll(&waiting, 1, static_cast<int>(left.count()));
    wakeup_.drain();
  }
}

}  // namespace waltrack
