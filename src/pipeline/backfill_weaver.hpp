#pragma once

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
#include "pipeline/chunk_jobs.hpp"
#include "pipeline/chunk_pace.hpp"
#include "pipeline/mapping_set.hpp"
#include "pipeline/outbox.hpp"
#include "pipeline/streamed_transactions.hpp"
#include "pipeline/table_backfill.hpp"

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

  size_t bytes() const;
  uint64_t rows() const { return rows_; }  // mapped in this run

 private:
  enum class Gate { closed, asked, open };

  // A table's backfill, and what the weaver has to do with it.
  struct Work {
    Work(TableBackfill the_table, ChunkPace the_pace)
        : table(std::move(the_table)), pace(std::move(the_pace)) {}

    TableBackfill table;
    ChunkPace pace;
    bool plan_asked = false;
    SteadyTime plan_due;
    std::optional<SteadyTime> planning_since;
    Gate gate = Gate::closed;
    std::optional<uint64_t> gate_next;  // transactions before it have to end
    SteadyTime gate_due;
    std::optional<SteadyTime> gate_since;
    Lsn gate_position;
    std::optional<size_t> reader;  // by place: the one that holds the snapshot
    std::optional<SteadyTime> mapping_since;
    std::optional<SteadyTime> settle_due;  // when to ask again how far WAL is written
    SteadyTime told_at;
    uint64_t told_rows = 0;
    SteadyTime rated_at;
    uint64_t rated_rows = 0;
  };
  struct Asked {
    std::string table;
    uint64_t window = 0;  // flushed: for which
    ReadJob::Kind kind = ReadJob::Kind::chunk;
  };

  Work* find(const Table& table);
  void add(BackfillProgress progress, const KeyMarks& marks);
  void begin_backfill(const TableName& table, const BackfillRequest& request, bool initial);
  void take_requests();
  void take_up(const BackfillRequest& request);
  void set_phase(Work& work, BackfillPhase phase, std::string reason);
  void end(Work& work, BackfillPhase phase, std::string reason);
  void add_step(BackfillStep step);

  void take_results();
  void take(Work& work, const Asked& asked, ReadResult result);
  void take_fault(Work& work, const Asked& asked, const Error& fault);
  void take_running(Work& work, const RunningTransactions& running);
  void take_chunk(Work& work, const Asked& asked, ReadResult result);
  void begin_anew(Work& work);

  void advance(Work& work);
  void ask_plan(Work& work);
  void ask_running(Work& work);
  void read_ahead(Work& work);
  void ask_flushed(Work& work, ChunkWindow& window);
  uint64_t ask(ReadJob job, const std::string& table, uint64_t window = 0);
  bool map_some();
  bool is_ripe(Work& work);
  size_t held_bytes() const;
  void wait_reason(Work& work, std::string reason);
  void tell(Work& work);

  const BackfillStart start_;
  ChunkJobs& jobs_;
  Outbox& outbox_;
  BackfillExchange& exchange_;
  const Clock& clock_;

  ChangeMapper* mapper_ = nullptr;
  std::optional<std::vector<std::string>> tracked_;
  std::map<std::string, std::unique_ptr<Work>> works_;  // by full name; not those that are over
  std::map<std::string, BackfillProgress> over_;        // those
  std::unordered_map<uint32_t, Work*>
      by_layout_;  // by Table::id, null: none; cleared as works_ change
  Lsn position_;
  StreamedTransactions streamed_;
  std::map<uint64_t, Asked> asked_;
  size_t reading_ = 0;  // jobs without a result, given-up ones included
  uint64_t last_job_ = 0;
  uint64_t steps_ = 0;  // added so far
  struct Unsaved {
    uint64_t step = 0;
    size_t rows = 0;
  };
  std::deque<Unsaved> unsaved_;  // rows that are mapped and not durable, by their step
  size_t unsaved_rows_ = 0;
  int64_t last_request_ = 0;
  uint64_t rows_ = 0;
  std::string turn_;  // whose rows were mapped last
};

}  // namespace waltrack
