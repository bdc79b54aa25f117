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
  request->most_rows = task.pace.most_rows();
  request->most_bytes = task.pace.most_bytes();
  request->opened_at = std::max(position, task.gate_position);
  task.pace.asked(request->most_rows, now);
  ReadJob job;
  job.kind = ReadJob::Kind::chunk;
  job.request = *request;
  job.reader = task.reader;
  const uint64_t number = ask(std::move(job), task);
  task.table.open_window(number, *std::move(request), streamed_.next());
}

bool ChunkSchedule::is_ripe(BackfillTask& task, Lsn position) {
  ChunkWindow* window = task.table.front();
  if (window == nullptr) return false;
  if (position >= window->chunk().cut) return true;
  const SteadyTime now = clock_.steady();
  if (window->chunk().snapshot && now >= window->chunk().settled_at && now >= *task.settle_due) {
    task.settle_due = now + kSettleAgain;
    ReadJob job;
    job.kind = ReadJob::Kind::flushed;
    ask(std::move(job), task, window->number());
  }
  return false;
}

void ChunkSchedule::take_results(BackfillTasks& tasks) {
  for (ReadResult& result : jobs_.take()) {
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
      if (ChunkWindow* window = task.table.window(asked.window)) {
        window->lower_cut(result.flushed);
      }
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
      return;
  }
  hooks_.wait(task, fault.describe());
}

void ChunkSchedule::take_running(BackfillTask& task, const RunningTransactions& running) {
  const SteadyTime now = clock_.steady();
  if (!task.gate_next) task.gate_next = running.next;
  if (!task.gate_since) task.gate_since = now;
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
  if (chunk.snapshot && !streamed_.all_seen(*chunk.snapshot, window->seen_before(), last_job_)) {
    read_again_later(task);
    hooks_.wait(task,
                "a commit that was streamed is not visible yet: it waits for a standby that "
                "synchronous_standby_names names");
    return;
  }
  task.pace.read(chunk.ends.size(), chunk.text.size());
  task.settle_due = chunk.settled_at;
  if (window->request().plan->by_place) task.reader = result.reader;
  if (task.table.take_chunk(*window, *std::move(result.chunk))) hooks_.save(task);
  hooks_.wait(task, {});
}

void ChunkSchedule::read_again_later(BackfillTask& task) {
  task.table.give_up_windows();
  task.mapping_since.reset();
  task.reader.reset();
  task.pace.failed(clock_.steady());
}

void ChunkSchedule::begin_anew(BackfillTask& task) {
  task.table.give_up_windows();
  task.table.discard_transaction();
  task.gate = BackfillTask::Gate::closed;
  task.gate_next.reset();
  task.gate_since.reset();
  task.reader.reset();
  task.mapping_since.reset();
  // Answers that are on their way are of before.
  std::erase_if(asked_,
                [&](const auto& asked) { return asked.second.table == task.name().full_name(); });
  task.plan_asked = false;
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
