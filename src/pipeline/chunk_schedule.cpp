#include "pipeline/chunk_schedule.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.hpp"

namespace waltrack {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr auto kPlanningLimit = 60s;  // the stream stands still meanwhile
constexpr auto kPlanAgain = 1000ms;
constexpr auto kGateAgain = 200ms;
constexpr auto kSettleAgain = 200ms;
constexpr auto kWorthTelling = 2s;

}  // namespace

ChunkSchedule::ChunkSchedule(ChunkJobs& jobs, size_t readers, size_t chunk_bytes,
                             const Clock& clock, ChunkScheduleHooks hooks)
    : jobs_(jobs),
      readers_(readers),
      chunk_bytes_(chunk_bytes),
      clock_(clock),
      hooks_(std::move(hooks)) {}

void ChunkSchedule::add_streamed(uint32_t xid, const BackfillTasks& tasks) {
  // Before a gate is asked nothing need be known: it waits for all that runs then.
  const bool wanted = std::ranges::any_of(tasks, [](const auto& task) {
    return task.second->gate != BackfillTask::Gate::closed || task.second->gate_next;
  });
  if (!wanted) return;
  streamed_.add(xid);
}

void ChunkSchedule::reconnect() {
  jobs_.reconnect();
  streamed_.clear();
}

void ChunkSchedule::advance(BackfillTask& task, const ChangeMapper& mapper, Lsn position,
                            size_t held_bytes) {
  if (task.table.needs_plan()) return ask_plan(task, mapper);
  if (task.table.progress().phase != BackfillPhase::running) return;
  if (task.gate != BackfillTask::Gate::open) return ask_running(task);
  read_ahead(task, position, held_bytes);
}

uint64_t ChunkSchedule::ask(ReadJob job, const BackfillTask& task, uint64_t window) {
  job.number = ++last_job_;
  asked_[job.number] = {task.name().full_name(), window == 0 ? job.number : window, job.kind};
  ++reading_;
  jobs_.ask(std::move(job));
  return last_job_;
}

void ChunkSchedule::ask_plan(BackfillTask& task, const ChangeMapper& mapper) {
  const SteadyTime now = clock_.steady();
  if (task.plan_asked || now < task.plan_due) return;
  const TableName table = task.name();
  const auto columns = mapper.backfill_columns(table);
  if (!columns) return hooks_.fail(task, no_backfill_rule(table));
  if (!task.planning_since) task.planning_since = now;
  task.plan_asked = true;
  ReadJob job;
  job.kind = ReadJob::Kind::plan;
  job.table = table;
  job.columns = *columns;
  ask(std::move(job), task);
}

void ChunkSchedule::ask_running(BackfillTask& task) {
  if (task.gate == BackfillTask::Gate::asked || clock_.steady() < task.gate_due) return;
  task.gate = BackfillTask::Gate::asked;
  ReadJob job;
  job.kind = ReadJob::Kind::running;
  ask(std::move(job), task);
}

// As long as there is a reader, and what is held in memory is no more than a chunk a reader and one
// that is mapped.
void ChunkSchedule::read_ahead(BackfillTask& task, Lsn position, size_t held_bytes) {
  const SteadyTime now = clock_.steady();
  if (now < task.pace.due() || reading_ >= readers_) return;
  if (task.table.windows() > readers_) return;
  if (held_bytes >= (readers_ + 1) * chunk_bytes_ && task.table.has_windows()) return;
  std::optional<ChunkRequest> request = task.table.next_request();
  if (!request) return;
  ReadJob job;
  job.kind = ReadJob::Kind::chunk;
  if (!pick_reader(task, job.reader)) return;
  request->most_rows = task.pace.most_rows();
  request->most_bytes = task.pace.most_bytes();
  request->opened_at = std::max(position, task.gate_position);
  task.pace.asked(request->most_rows, now);
  job.request = *request;
  const uint64_t number = ask(std::move(job), task);
  task.table.open_window(number, *std::move(request), streamed_.next());
}

bool ChunkSchedule::is_ripe(BackfillTask& task, Lsn position) {
  ChunkWindow* window = task.table.front();
  if (window == nullptr) return false;
  if (position >= window->chunk().cut) return true;
  const SteadyTime now = clock_.steady();
  if (window->chunk().snapshot && now >= window->chunk().settled_at && now >= *task.settle_due &&
      !task.settle_asked) {
    task.settle_due = now + kSettleAgain;
    task.settle_asked = true;
    ReadJob job;
    job.kind = ReadJob::Kind::flushed;
    ask(std::move(job), task, window->number());
  }
  return false;
}

void ChunkSchedule::take_results(BackfillTasks& tasks) {
  std::vector<ReadResult> results = jobs_.take();
  if (results.empty()) return;
  for (ReadResult& result : results) {
    --reading_;
    const auto found = asked_.find(result.number);
    if (found == asked_.end()) continue;
    const Asked asked = found->second;
    asked_.erase(found);
    const auto task = tasks.find(asked.table);
    if (task == tasks.end()) continue;
    if (result.fault) {
      take_fault(*task->second, asked, *result.fault);
    } else {
      take(*task->second, asked, std::move(result));
    }
  }
  // What all open windows see need not be remembered.
  uint64_t closed = last_job_;
  for (const auto& [name, task] : tasks) {
    if (const auto oldest = task->table.oldest_window()) closed = std::min(closed, *oldest - 1);
  }
  streamed_.forget(closed);
}

void ChunkSchedule::take(BackfillTask& task, const Asked& asked, ReadResult result) {
  switch (asked.kind) {
    case ReadJob::Kind::plan:
      return take_plan(task, std::move(result));
    case ReadJob::Kind::running:
      return take_running(task, result.running);
    case ReadJob::Kind::chunk:
      return take_chunk(task, asked, std::move(result));
    case ReadJob::Kind::flushed:
      task.settle_asked = false;
      if (ChunkWindow* window = task.table.window(asked.window)) {
        window->lower_cut(result.flushed);
      }
      return;
    case ReadJob::Kind::release:
      return;
  }
}

void ChunkSchedule::take_plan(BackfillTask& task, ReadResult result) {
  task.plan_asked = false;
  task.planning_since.reset();
  task.table.set_plan(std::move(result.plan));
  if (!task.table.progress().caveat.empty()) {
    log::warn("a backfill can't be exact",
              {{"table", task.name().full_name()}, {"reason", task.table.progress().caveat}});
  }
  hooks_.save(task);
}

void ChunkSchedule::take_fault(BackfillTask& task, const Asked& asked, const Error& fault) {
  const SteadyTime now = clock_.steady();
  if (!fault.is_transient()) return hooks_.fail(task, fault.describe());
  switch (asked.kind) {
    case ReadJob::Kind::plan:
      task.plan_asked = false;
      task.plan_due = now + kPlanAgain;
      if (now - *task.planning_since > kPlanningLimit) {
        return hooks_.fail(task, fault.describe());
      }
      break;
    case ReadJob::Kind::running:
      task.gate = BackfillTask::Gate::closed;
      task.gate_due = now + kPlanAgain;
      break;
    case ReadJob::Kind::chunk:
      if (task.table.window(asked.window) == nullptr) return;
      read_again_later(task);
      break;
    case ReadJob::Kind::flushed:
      task.settle_asked = false;
      return;
    case ReadJob::Kind::release:
      return;
  }
  hooks_.wait(task, fault.describe());
}

void ChunkSchedule::take_running(BackfillTask& task, const RunningTransactions& running) {
  const SteadyTime now = clock_.steady();
  if (!task.gate_next) task.gate_next = running.next;
  if (!task.gate_since) task.gate_since = now;
  // What is over is seen by whoever looks from now on.
  streamed_.all_seen({running.oldest, running.oldest, {}}, 0, last_job_);
  if (running.oldest >= *task.gate_next) {
    task.gate = BackfillTask::Gate::open;
    task.gate_position = running.position;
    hooks_.wait(task, {});
    return;
  }
  task.gate = BackfillTask::Gate::closed;
  task.gate_due = now + kGateAgain;
  if (now - *task.gate_since > kWorthTelling) {
    hooks_.wait(task,
                "transactions that are open since before it began have to end first; see "
                "pg_stat_activity and pg_prepared_xacts");
  }
}

void ChunkSchedule::take_chunk(BackfillTask& task, const Asked& asked, ReadResult result) {
  ChunkWindow* window = task.table.window(asked.window);
  if (window == nullptr) return;
  const Chunk& chunk = *result.chunk;
  // All chunks of a pass have the snapshot of its first.
  const bool checked = window->request().plan->by_place && window->request().after;
  if (!chunk.snapshot) streamed_.clear();  // read on a standby: nobody asks
  if (chunk.snapshot && !checked &&
      !streamed_.all_seen(*chunk.snapshot, window->seen_before(), last_job_)) {
    read_again_later(task);
    hooks_.wait(task,
                "a commit that was streamed is not visible yet: it waits for a standby that "
                "synchronous_standby_names names");
    return;
  }
  task.pace.read(chunk.ends.size(), chunk.text.size());
  task.settle_due = chunk.settled_at;
  window->set_chunk(*std::move(result.chunk));
  hooks_.wait(task, {});
}

// Where a table is read by place one reader has all of it to do. False: none is free.
bool ChunkSchedule::pick_reader(BackfillTask& task, std::optional<size_t>& reader) {
  reader = task.reader;
  const bool by_place = task.table.is_by_place();
  if (reader || (reserved_.empty() && !by_place)) return true;
  for (size_t tries = 0; tries < readers_ && !reader; ++tries) {
    const size_t next = next_reader_++ % readers_;
    if (!reserved_.contains(next)) reader = next;
  }
  if (!reader) {
    hooks_.wait(task, "tables without a key hold all readers until they are read");
    return false;
  }
  if (by_place) {
    task.reader = reader;
    reserved_.insert(*reader);
  }
  return true;
}

void ChunkSchedule::release_reader(BackfillTask& task) {
  if (!task.reader) return;
  reserved_.erase(*task.reader);
  ReadJob job;
  job.kind = ReadJob::Kind::release;
  job.reader = std::exchange(task.reader, std::nullopt);
  ask(std::move(job), task);
}

void ChunkSchedule::read_again_later(BackfillTask& task) {
  task.table.give_up_windows();
  task.mapping_since.reset();
  release_reader(task);
  task.pace.failed(clock_.steady());
}

void ChunkSchedule::begin_anew(BackfillTask& task) {
  task.table.give_up_windows();
  task.table.discard_transaction();
  task.gate = BackfillTask::Gate::closed;
  task.gate_next.reset();
  task.gate_since.reset();
  task.planning_since.reset();
  task.settle_asked = false;
  task.mapping_since.reset();
  // Answers that are on their way are of before.
  std::erase_if(asked_,
                [&](const auto& asked) { return asked.second.table == task.name().full_name(); });
  task.plan_asked = false;
  release_reader(task);
}

milliseconds ChunkSchedule::patience(const BackfillTasks& tasks) const {
  milliseconds patience = 1000ms;
  const SteadyTime now = clock_.steady();
  const auto until = [&](SteadyTime due) {
    if (due > now) patience = std::min(patience, std::chrono::ceil<milliseconds>(due - now));
  };
  for (const auto& [name, task] : tasks) {
    until(task->plan_due);
    until(task->gate_due);
    until(task->pace.due());
  }
  return patience;
}

}  // namespace waltrack
