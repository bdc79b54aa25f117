#include "pipeline/backfill_weaver.hpp"

#include <algorithm>
#include <utility>

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/size_text.hpp"

namespace waltrack {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr auto kAskPosition = 20ms;
constexpr auto kTellEvery = 10s;
constexpr auto kTellWaitsEvery = 60s;
constexpr size_t kMostStreamed = 200'000;  // transactions that are remembered

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

BackfillWeaver::BackfillWeaver(BackfillStart start, ChunkJobs& jobs, Outbox& outbox,
                               BackfillExchange& exchange, const Clock& clock)
    : start_(std::move(start)),
      outbox_(outbox),
      exchange_(exchange),
      clock_(clock),
      tracked_(start_.tracked),
      schedule_(jobs, start_.readers, start_.chunk_bytes, clock,
                {.fail =
                     [this](BackfillTask& task, std::string reason) {
                       end(task, BackfillPhase::failed, std::move(reason));
                     },
                 .wait = [this](BackfillTask& task,
                                std::string reason) { wait_reason(task, std::move(reason)); },
                 .save = [this](BackfillTask& task) { add_step(task.table.step()); }}) {
  for (const StoredBackfill& stored : start_.stored) {
    if (stored.progress.is_over()) {
      over_[stored.progress.table.full_name()] = stored.progress;
    } else {
      add(stored.progress, stored.marks);
      log::info("a backfill goes on", {{"table", stored.progress.table.full_name()},
                                       {"phase", backfill_phase_name(stored.progress.phase)},
                                       {"rows", stored.progress.rows}});
    }
  }
}

void BackfillWeaver::add(BackfillProgress progress, const KeyMarks& marks) {
  const std::string name = progress.table.full_name();
  const SteadyTime now = clock_.steady();
  ChunkPace pace(start_.chunk_bytes, progress.rows_per_s, now);
  progress.reason.clear();
  progress.rate = 0;
  TableBackfill table(std::move(progress), marks);
  auto task = std::make_unique<BackfillTask>(std::move(table), std::move(pace));
  task->told_at = task->rated_at = now;
  task->rated_rows = task->table.progress().rows;
  over_.erase(name);
  tasks_[name] = std::move(task);
  by_layout_.clear();
}

void BackfillWeaver::follow(ChangeMapper& mapper, const Followed& followed,
                            const std::vector<TableName>& initial) {
  mapper_ = &mapper;
  std::vector<std::string> unmapped;
  for (const auto& [name, task] : tasks_) {
    schedule_.begin_anew(*task);
    task->table.forget_plan();
    task->plan_asked = false;
    if (!mapper.backfill_columns(task->name())) unmapped.push_back(name);
  }
  for (const std::string& name : unmapped) {
    BackfillTask& task = *tasks_.at(name);
    end(task, BackfillPhase::failed, no_backfill_rule(task.name()));
  }
  const bool knows = tracked_.has_value();
  const std::vector<std::string> before = tracked_.value_or(std::vector<std::string>());
  BackfillStep step;
  for (const TableGlob& glob : followed.globs) {
    if (!contains(before, glob.full_name())) step.tracked.push_back(glob.full_name());
  }
  for (const TableName& table : followed.tables) {
    if (contains(before, table.full_name())) continue;
    step.tracked.push_back(table.full_name());
    // A table that matches a pattern of before was made since: the stream brings all its rows.
    const bool came_by_glob = std::ranges::any_of(followed.globs, [&](const TableGlob& glob) {
      return glob.matches(table) && contains(before, glob.full_name());
    });
    const bool wanted = std::ranges::find(initial, table) != initial.end();
    if (knows && wanted && !came_by_glob) begin_backfill(table, {}, true);
  }
  tracked_ = before;
  std::ranges::copy(step.tracked, std::back_inserter(*tracked_));
  if (!step.tracked.empty() || !knows) add_step(std::move(step));
}

void BackfillWeaver::connected(Lsn position) {
  position_ = position;
  schedule_.reconnect();
  for (const auto& [name, task] : tasks_)
    schedule_.begin_anew(*task);
}

bool BackfillWeaver::holds_stream() const {
  return std::ranges::any_of(tasks_,
                             [](const auto& task) { return task.second->table.needs_plan(); });
}

void BackfillWeaver::begin() {
  for (const auto& [name, task] : tasks_)
    task->table.discard_transaction();
}

BackfillTask* BackfillWeaver::find(const Table& table) {
  const auto [entry, is_new] = by_layout_.try_emplace(table.id, nullptr);
  if (is_new && !table.is_message()) {
    const auto task = tasks_.find(table.full_name());
    if (task != tasks_.end()) entry->second = task->second.get();
  }
  return entry->second;
}

bool BackfillWeaver::see(const Change& change) {
  if (tasks_.empty()) return false;
  BackfillTask* task = find(*change.table);
  if (task == nullptr) return false;
  task->table.see(change);
  return change.op == Op::update && task->table.has_windows();
}

void BackfillWeaver::committed(const Transaction& transaction, Lsn end) {
  position_ = std::max(position_, end);
  if (tasks_.empty()) return;
  if (transaction.xid != 0) schedule_.add_streamed(transaction.xid, tasks_);
  // Nothing was read for long. A pass by place asks for none of them once it has begun.
  if (schedule_.streamed() > kMostStreamed) {
    for (const auto& [name, task] : tasks_) {
      if (!task->table.is_by_place()) schedule_.begin_anew(*task);
    }
    schedule_.forget_streamed();
  }
  for (const auto& [name, task] : tasks_) {
    BackfillStep step;
    step.table = task->name();
    if (task->table.commit(step)) add_step(std::move(step));
  }
}

void BackfillWeaver::passed(Lsn position) {
  position_ = std::max(position_, position);
}

void BackfillWeaver::add_step(BackfillStep step) {
  ++steps_;
  outbox_.add_step(std::move(step));
}

bool BackfillWeaver::work(bool room) {
  take_requests();
  if (tasks_.empty()) return false;
  schedule_.take_results(tasks_);
  std::vector<BackfillTask*> all;
  for (const auto& [name, task] : tasks_)
    all.push_back(task.get());
  for (BackfillTask* task : all) {
    if (task->table.take_overwhelmed()) {
      wait_reason(*task,
                  "more of the table was changed than can be remembered while a chunk is read; it "
                  "is read again");
    }
    if (is_complete(*task)) {
      end(*task, BackfillPhase::done, {});
    } else {
      schedule_.advance(*task, *mapper_, position_, held_bytes());
    }
  }
  return room && map_some();
}

bool BackfillWeaver::is_complete(const BackfillTask& task) {
  return task.table.progress().phase == BackfillPhase::running &&
         task.gate == BackfillTask::Gate::open && task.table.is_complete();
}

void BackfillWeaver::take_requests() {
  if (!exchange_.has_requests()) return;
  for (const BackfillRequest& request : exchange_.take_requests()) {
    if (request.number != 0 && request.number <= last_request_) continue;
    last_request_ = std::max(last_request_, request.number);
    take_up(request);
  }
}

void BackfillWeaver::take_up(const BackfillRequest& request) {
  const std::string name = request.table.full_name();
  const auto found = tasks_.find(name);
  BackfillTask* task = found == tasks_.end() ? nullptr : found->second.get();
  const auto over = over_.find(name);
  switch (request.action) {
    case BackfillRequest::Action::start:
      if (task == nullptr) begin_backfill(request.table, request, false);
      break;
    case BackfillRequest::Action::pause:
      if (task != nullptr) set_phase(*task, BackfillPhase::paused, {});
      break;
    case BackfillRequest::Action::resume:
      if (task != nullptr) set_phase(*task, BackfillPhase::running, {});
      // What it knew of keys is forgotten: from the first row on, under the same ids.
      if (task == nullptr && over != over_.end() && over->second.phase == BackfillPhase::failed) {
        BackfillRequest again;
        again.table = request.table;
        again.where = over->second.where;
        again.rows_per_s = over->second.rows_per_s;
        begin_backfill(request.table, again, over->second.initial);
      }
      break;
    case BackfillRequest::Action::cancel:
      if (task != nullptr) end(*task, BackfillPhase::cancelled, {});
      break;
  }
  BackfillStep taken_up;
  taken_up.table = request.table;
  taken_up.request = request.number;
  add_step(std::move(taken_up));
}

void BackfillWeaver::begin_backfill(const TableName& table, const BackfillRequest& request,
                                    bool initial) {
  BackfillProgress progress;
  progress.table = table;
  progress.where = request.where;
  progress.rows_per_s = request.rows_per_s;
  progress.initial = initial;
  progress.started_at_us = clock_.utc_us();
  BackfillStep step;
  step.table = table;
  step.forget_marks = true;
  if (!mapper_->backfill_columns(table)) {
    progress.phase = BackfillPhase::failed;
    progress.reason = no_backfill_rule(table);
    progress.finished_at_us = progress.started_at_us;
    log::error("a backfill can't begin",
               {{"table", table.full_name()}, {"reason", progress.reason}});
    over_[table.full_name()] = progress;
  } else {
    log::info("a backfill begins",
              {{"table", table.full_name()}, {"asked_by", initial ? "the mapping" : "a person"}});
    add(progress, {});
  }
  step.progress = std::move(progress);
  add_step(std::move(step));
}

void BackfillWeaver::set_phase(BackfillTask& task, BackfillPhase phase, std::string reason) {
  BackfillProgress& progress = task.table.progress();
  if (progress.phase == phase) return;
  schedule_.begin_anew(task);
  progress.phase = phase;
  progress.reason = std::move(reason);
  progress.rate = 0;
  log::info("a backfill changes", {{"table", progress.table.full_name()},
                                   {"phase", backfill_phase_name(phase)},
                                   {"rows", progress.rows}});
  add_step(task.table.step());
}

void BackfillWeaver::end(BackfillTask& task, BackfillPhase phase, std::string reason) {
  schedule_.begin_anew(task);
  BackfillProgress& progress = task.table.progress();
  progress.phase = phase;
  progress.reason = std::move(reason);
  progress.finished_at_us = clock_.utc_us();
  progress.rate = 0;
  const std::string name = progress.table.full_name();
  if (phase == BackfillPhase::failed) {
    log::error("a backfill failed", {{"table", name}, {"reason", progress.reason}});
  } else {
    log::info("a backfill is over", {{"table", name},
                                     {"phase", backfill_phase_name(phase)},
                                     {"rows", progress.rows},
                                     {"bytes", progress.bytes}});
  }
  add_step(task.table.last_step());
  over_[name] = progress;
  tasks_.erase(name);
  by_layout_.clear();
  if (tasks_.empty()) schedule_.reconnect();  // idle connections are of no use
}

// For `status`, and for the log when it is new.
void BackfillWeaver::wait_reason(BackfillTask& task, std::string reason) {
  BackfillProgress& progress = task.table.progress();
  if (progress.reason == reason) return;
  const SteadyTime now = clock_.steady();
  const bool told = task.waits_told_at && now - *task.waits_told_at < kTellWaitsEvery;
  if (!reason.empty() && !told) {
    task.waits_told_at = now;
    log::warn("a backfill waits", {{"table", progress.table.full_name()}, {"reason", reason}});
  }
  progress.reason = std::move(reason);
  add_step(task.table.step());
}

// One table at a time, in turns. No more rows are told and not durable than a chunk a reader: a
// crash repeats no more.
bool BackfillWeaver::map_some() {
  for (; !unsaved_.empty() && unsaved_.front().step <= exchange_.saved_steps();
       unsaved_.pop_front())
    unsaved_rows_ -= unsaved_.front().rows;
  BackfillTask* next = nullptr;
  for (const auto& [name, task] : tasks_) {
    if (task->table.progress().phase != BackfillPhase::running ||
        !schedule_.is_ripe(*task, position_))
      continue;
    if (unsaved_rows_ > 0 && unsaved_rows_ >= start_.readers * task->table.front()->rows())
      continue;
    if (next == nullptr || (name > turn_ && next->name().full_name() <= turn_)) {
      next = task.get();
    }
  }
  if (next == nullptr) return false;
  turn_ = next->name().full_name();
  const SteadyTime now = clock_.steady();
  if (!next->mapping_since) next->mapping_since = now;
  const TableBackfill::Mapped mapped = next->table.map_rows(*mapper_, outbox_);
  rows_ += mapped.rows;
  tell(*next);
  failpoint("backfill.before_step");
  add_step(next->table.step());
  failpoint("backfill.step_added");
  unsaved_.push_back({steps_, mapped.rows});
  unsaved_rows_ += mapped.rows;
  if (mapped.window_done) {
    next->pace.mapped(std::chrono::duration_cast<milliseconds>(now - *next->mapping_since));
    next->mapping_since.reset();
  }
  return true;
}

void BackfillWeaver::tell(BackfillTask& task) {
  const SteadyTime now = clock_.steady();
  BackfillProgress& progress = task.table.progress();
  const std::chrono::duration<double> rated = now - task.rated_at;
  if (rated >= 1s) {
    progress.rate =
        static_cast<uint64_t>(static_cast<double>(progress.rows - task.rated_rows) / rated.count());
    task.rated_at = now;
    task.rated_rows = progress.rows;
  }
  if (now - task.told_at < kTellEvery) return;
  task.told_at = now;
  log::info("backfilling", {{"table", progress.table.full_name()},
                            {"rows", progress.rows},
                            {"of_about", progress.row_estimate},
                            {"rows_per_s", progress.rate},
                            {"bytes", progress.bytes}});
}

milliseconds BackfillWeaver::patience() const {
  const milliseconds patience = schedule_.patience(tasks_);
  return waits_for_position() ? std::min<milliseconds>(patience, kAskPosition) : patience;
}

bool BackfillWeaver::waits_for_position() const {
  return std::ranges::any_of(tasks_, [&](const auto& task) {
    const ChunkWindow* window = task.second->table.front();
    return window != nullptr && position_ < window->chunk().cut;
  });
}

size_t BackfillWeaver::held_bytes() const {
  size_t sum = 0;
  for (const auto& [name, task] : tasks_)
    sum += task->table.window_bytes();
  return sum;
}

}  // namespace waltrack
