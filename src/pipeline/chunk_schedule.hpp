#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "model/change_mapper.hpp"
#include "pipeline/backfill_task.hpp"
#include "pipeline/chunk_jobs.hpp"
#include "pipeline/streamed_transactions.hpp"

namespace waltrack {

// What the schedule tells of a task. After `fail` the task is gone.
struct ChunkScheduleHooks {
  std::function<void(BackfillTask&, std::string reason)> fail;
  std::function<void(BackfillTask&, std::string reason)> wait;  // for what; empty: for nothing
  std::function<void(BackfillTask&)> save;                      // something has to become durable
};

// What readers do for which table, and when: its plan, the transactions that have to end first, its
// chunks one after the other, as far ahead as there are readers and room. Belongs to the capture
// thread.
class ChunkSchedule {
 public:
  // `readers` of `jobs`, and the bytes of a chunk; `jobs` and `clock` must outlive it.
  ChunkSchedule(ChunkJobs& jobs, size_t readers, size_t chunk_bytes, const Clock& clock,
                ChunkScheduleHooks hooks);

  // Of the stream: a new one begins; a transaction ended.
  void reconnect();
  void add_streamed(uint32_t xid, const BackfillTasks& tasks);
  size_t streamed() const { return streamed_.size(); }
  void forget_streamed() { streamed_.clear(); }

  // The next step of a task. `position`: of the stream; `held_bytes`: of all tasks' windows.
  void advance(BackfillTask& task, const ChangeMapper& mapper, Lsn position, size_t held_bytes);
  void take_results(BackfillTasks& tasks);
  // Whether the rows of the task's first window may be mapped.
  bool is_ripe(BackfillTask& task, Lsn position);

  // The task reads on from where mapping stands, with the transactions that run now in mind; what
  // is on its way for it counts for nothing.
  void begin_anew(BackfillTask& task);

  // When to come back at the latest.
  std::chrono::milliseconds patience(const BackfillTasks& tasks) const;

 private:
  struct Asked {
    std::string table;
    uint64_t window = 0;
    ReadJob::Kind kind = ReadJob::Kind::chunk;
  };

  uint64_t ask(ReadJob job, const BackfillTask& task, uint64_t window = 0);
  void ask_plan(BackfillTask& task, const ChangeMapper& mapper);
  void ask_running(BackfillTask& task);
  void read_ahead(BackfillTask& task, Lsn position, size_t held_bytes);
  void take(BackfillTask& task, const Asked& asked, ReadResult result);
  void take_fault(BackfillTask& task, const Asked& asked, const Error& fault);
  void take_plan(BackfillTask& task, ReadResult result);
  void take_running(BackfillTask& task, const RunningTransactions& running);
  void take_chunk(BackfillTask& task, const Asked& asked, ReadResult result);
  void read_again_later(BackfillTask& task);
  void release_reader(BackfillTask& task);
  bool pick_reader(BackfillTask& task, std::optional<size_t>& reader);

  ChunkJobs& jobs_;
  const size_t readers_;
  const size_t chunk_bytes_;
  const Clock& clock_;
  const ChunkScheduleHooks hooks_;

  StreamedTransactions streamed_;
  std::map<uint64_t, Asked> asked_;
  // Readers that hold the snapshot of a table that is read by place: nobody else's chunk may be
  // read by them.
  std::set<size_t> reserved_;
  size_t next_reader_ = 0;
  size_t reading_ = 0;  // jobs without a result, given-up ones included
  uint64_t last_job_ = 0;
};

}  // namespace waltrack
