#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "model/backfill.hpp"
#include "model/change.hpp"
#include "pipeline/backfill_exchange.hpp"
#include "pipeline/backfill_task.hpp"
#include "pipeline/chunk_jobs.hpp"
#include "pipeline/chunk_schedule.hpp"
#include "pipeline/mapping_set.hpp"
#include "pipeline/outbox.hpp"

namespace waltrack {

// What the backfills of a run begin with.
struct BackfillStart {
  std::vector<StoredBackfill> stored;
  // Tables and globs that were tracked before, by their full names; nothing: nobody knows, and no
  // table counts as new.
  std::optional<std::vector<std::string>> tracked;
  size_t readers = 2;
  size_t chunk_bytes = 4 << 20;  // about, of rows that are read at once
};

// Weaves rows that are there already into the stream, between its transactions: decides what is
// read when, and maps it when it is safe (see TableBackfill for why it is exact). Belongs to the
// capture thread, which tells it what the stream brings and gives it time to work.
class BackfillWeaver {
 public:
  // All must outlive it.
  BackfillWeaver(BackfillStart start, ChunkJobs& jobs, Outbox& outbox, BackfillExchange& exchange,
                 const Clock& clock);

  // These mappings are at work from now on; tables that they track for the first time begin their
  // backfill, where they ask for it. Between transactions. The mapper must outlive the next call.
  void follow(ChangeMapper& mapper, const Followed& followed,
              const std::vector<TableName>& initial);
  // A stream begins; everything before `position` was taken in.
  void connected(Lsn position);

  // A change of a table must not be read while the key of its rows is not known: right after a
  // backfill began, or a start.
  bool holds_stream() const;
  // What the stream brings, in its order. see() comes before the change is mapped and returns
  // whether it must be told in full, see Change::tell_all. committed() and passed() come when the
  // outbox has the mark.
  void begin();
  bool see(const Change& change);
  void committed(const Transaction& transaction, Lsn end);
  void passed(Lsn position);

  // Between transactions: takes up requests and results, has more read, and with `room` maps some
  // rows. Returns whether there is more to map at once.
  bool work(bool room);
  // When to work again at the latest, if nothing else happens.
  std::chrono::milliseconds patience() const;
  // Rows wait for the stream to pass a position that an idle server tells only when it is asked.
  bool waits_for_position() const;

  uint64_t rows() const { return rows_.load(std::memory_order_relaxed); }  // mapped in this run

 private:
  BackfillTask* find(const Table& table);
  void add(BackfillProgress progress, const KeyMarks& marks);
  void begin_backfill(const TableName& table, const BackfillRequest& request, bool initial);
  void take_requests();
  void take_up(const BackfillRequest& request);
  void set_phase(BackfillTask& task, BackfillPhase phase, std::string reason);
  void end(BackfillTask& task, BackfillPhase phase, std::string reason);
  void add_step(BackfillStep step);

  bool map_some();
  static bool is_complete(const BackfillTask& task);
  size_t held_bytes() const;
  void wait_reason(BackfillTask& task, std::string reason);
  void tell(BackfillTask& task);

  const BackfillStart start_;
  Outbox& outbox_;
  BackfillExchange& exchange_;
  const Clock& clock_;

  ChangeMapper* mapper_ = nullptr;
  std::optional<std::vector<std::string>> tracked_;
  ChunkSchedule schedule_;
  BackfillTasks tasks_;                           // those that are under way
  std::map<std::string, BackfillProgress> over_;  // the others, by full name
  // By Table::id, null: none; cleared as tasks_ change.
  std::unordered_map<uint32_t, BackfillTask*> by_layout_;
  Lsn position_;
  uint64_t steps_ = 0;  // added so far
  struct Unsaved {
    uint64_t step = 0;
    size_t rows = 0;
  };
  std::deque<Unsaved> unsaved_;  // rows that are mapped and not durable, by their step
  size_t unsaved_rows_ = 0;
  int64_t last_request_ = 0;
  std::atomic<uint64_t> rows_ = 0;
  std::string turn_;  // whose rows were mapped last
};

}  // namespace waltrack
