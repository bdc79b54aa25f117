#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "base/wakeup.hpp"
#include "model/change_source.hpp"
#include "model/progress.hpp"
#include "pipeline/mapping_set.hpp"
#include "pipeline/outbox.hpp"
#include "pipeline/shutdown_watch.hpp"

namespace waltrack {

// What capture asks of the rest of the pipeline. Every function is called from the capture thread.
struct CaptureHooks {
  std::function<Lsn()> confirmed;  // durable in the checkpoint: may be told to the server
  std::function<size_t()> queued_bytes;
  std::function<void()> on_flushed;             // something new is in lanes, ledger or dead letters
  std::function<void(bool)> hurry;              // whether capture waits for the confirmed position
  std::function<void(std::string)> on_waiting;  // why offered mappings are not live yet
  std::function<void(const MappingSet&)> on_mappings;     // these are live from now on
  std::function<void(const StreamOrigin&)> on_streaming;  // before anything of it is taken in
  std::function<void(const std::string&)> on_ended;       // the stream, or the attempt at one; why
  std::function<void()> on_turn{};                        // its loop goes round; may be none
};

class BackfillWeaver;

// Reads the source, maps, fills the outbox; stops reading while more than `memory_bytes` are
// queued, and goes on reporting meanwhile. Reconnects for ever. run() is the capture thread; it
// throws what reconnecting would not mend.
//
// New mappings take effect between two transactions, once everything before is confirmed: what is
// replayed after a crash was never mapped by the old ones. So while some wait, reading stops at the
// next transaction's end.
//
// With a weaver, rows that are there already are mapped between transactions, as long as the queues
// are not too full for the stream.
class Capture {
 public:
  Capture(ChangeSource& source, MappingSet mappings, Outbox& outbox, Checkpoint start,
          size_t memory_bytes, CaptureHooks hooks, const Clock& clock,
          BackfillWeaver* weaver = nullptr);

  void run();

  // Any thread. stop_reading(): takes in nothing more, but keeps the connection and goes on
  // reporting. finish(): reports once more, closes, and run() returns.
  void stop_reading();
  void finish();
  bool has_stopped_reading() const { return stopped_reading_.load(); }
  void wake() { wakeup_.wake(); }
  // Maps by `mappings` as soon as that is safe. They replace others that still wait.
  void offer(MappingSet mappings);

  uint64_t rows() const { return rows_.load(std::memory_order_relaxed); }

 private:
  void connect();
  void stream();
  bool at_boundary() const { return !in_transaction_ && !resume_; }
  bool holds_for_offer() const { return offered_.load() && at_boundary(); }
  bool take_up_offer();
  void tell_waiting(const char* reason);
  bool work_by(MappingSet mappings);
  bool read_some();
  bool weave();
  void ask_position();
  std::chrono::milliseconds patience() const;
  void handle(StreamItem& item);
  void handle_begin(const StreamItem& item);
  void handle_keepalive(const StreamItem& item);
  void let_go_of_a_stopping_server(bool reading);
  void turn() const {
    if (hooks_.on_turn) hooks_.on_turn();
  }
  void sleep(std::chrono::milliseconds duration, const std::atomic<bool>& unless);
  void resume_after_what_was_received();

  ChangeSource& source_;
  Outbox& outbox_;
  const size_t memory_bytes_;
  const CaptureHooks hooks_;
  const Clock& clock_;
  BackfillWeaver* const weaver_;  // may be none

  Wakeup wakeup_;
  std::atomic<bool> stop_reading_ = false;
  std::atomic<bool> stopped_reading_ = false;
  std::atomic<bool> finish_ = false;
  std::atomic<uint64_t> rows_ = 0;
  std::mutex mutex_;
  std::optional<MappingSet> offer_;    // guarded by mutex_
  std::atomic<bool> offered_ = false;  // offer_ is there

  // The capture thread's own.
  MappingSet mappings_;
  std::optional<SteadyTime> waiting_since_;  // for the offer's time to come
  bool told_waiting_ = false;
  Lsn received_;                         // everything up to here was taken in
  std::optional<EventPosition> resume_;  // of a transaction that will come again: taken in so far
  Outbox::RestOfRow rest_of_row_ = Outbox::RestOfRow::unknown;
  size_t taken_in_ = 0;  // items, since it waited last
  Transaction transaction_;
  bool in_transaction_ = false;
  bool reply_requested_ = false;
  SteadyTime position_due_;  // when to ask for it again
  ShutdownWatch shutdown_watch_;
  Backoff backoff_;
};

}  // namespace waltrack
