#include "pipeline/backfill_weaver.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/size_text.hpp"

namespace waltrack {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr auto kPlanningLimit = 60s;  // the stream stands still meanwhile
constexpr auto kPlanAgain = 1000ms;
constexpr auto kGateAgain = 200ms;
constexpr auto kSettleAgain = 200ms;
constexpr auto kAskPosition = 20ms;
constexpr auto kWorthTelling = 2s;
constexpr auto kTellEvery = 10s;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

std::string no_rule(const TableName& table) {
  return "no rule hears backfilled rows of " + table.full_name() +
         ": a call with `on: [insert, update, backfill]` does";
}

}  // namespace

BackfillWeaver::BackfillWeaver(BackfillStart start, ChunkJobs& jobs, Outbox& outbox,
                               BackfillExchange& exchange, const Clock& clock)
    : start_(std::move(start)),
      jobs_(jobs),
      outbox_(outbox),
      exchange_(exchange),
      clock_(clock),
      tracked_(start_.tracked) {
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
  auto work = std::make_unique<Work>(std::move(table), std::move(pace));
  work->told_at = work->rated_at = now;
  work->told_rows = work->rated_rows = work->table.progress().rows;
  over_.erase(name);
  works_[name] = std::move(work);
  by_layout_.clear();
}

void BackfillWeaver::follow(ChangeMapper& mapper, const Followed& followed,
                            const std::vector<TableName>& initial) {
  mapper_ = &mapper;
  std::vector<std::string> unmapped;
  for (const auto& [name, work] : works_) {
    begin_anew(*work);
    work->table.forget_plan();
    work->plan_asked = false;
    if (!mapper.backfill_columns(work->table.progress().table)) unmapped.push_back(name);
  }
  for (const std::string& name : unmapped) {
    Work& work = *works_.at(name);
    end(work, BackfillPhase::failed, no_rule(work.table.progress().table));
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
  jobs_.reconnect();
  streamed_.clear();
  for (const auto& [name, work] : works_)
    begin_anew(*work);
}

// From where mapping stands, with transactions that run now in mind.
void BackfillWeaver::begin_anew(Work& work) {
  work.table.give_up_windows();
  work.table.discard_transaction();
  work.gate = Gate::closed;
  work.gate_next.reset();
  work.gate_since.reset();
  work.reader.reset();
  work.mapping_since.reset();
  // Answers that are on their way are of before.
  std::erase_if(asked_, [&](const auto& asked) {
    return asked.second.table == work.table.progress().table.full_name();
  });
  work.plan_asked = false;
}

bool BackfillWeaver::holds_stream() const {
  return std::ranges::any_of(works_,
                             [](const auto& work) { return work.second->table.needs_plan(); });
}

void BackfillWeaver::begin() {
  for (const auto& [name, work] : works_)
    work->table.discard_transaction();
}

BackfillWeaver::Work* BackfillWeaver::find(const Table& table) {
  const auto [entry, is_new] = by_layout_.try_emplace(table.id, nullptr);
  if (is_new && !table.is_message()) {
    const auto work = works_.find(table.full_name());
    if (work != works_.end()) entry->second = work->second.get();
  }
  return entry->second;
}

bool BackfillWeaver::see(const Change& change) {
  if (works_.empty()) return false;
  Work* work = find(*change.table);
  if (work == nullptr) return false;
  work->table.see(change);
  return change.op == Op::update && work->table.has_windows();
}

void BackfillWeaver::committed(const Transaction& transaction, Lsn end) {
  position_ = std::max(position_, end);
  if (works_.empty()) return;
  if (transaction.xid != 0) streamed_.add(transaction.xid);
  for (const auto& [name, work] : works_) {
    BackfillStep step;
    step.table = work->table.progress().table;
    if (work->table.commit(step)) add_step(std::move(step));
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
  if (works_.empty()) return false;
  take_results();
  std::vector<Work*> all;
  for (const auto& [name, work] : works_)
    all.push_back(work.get());
  for (Work* work : all)
    advance(*work);
  return room && map_some();
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
  const auto found = works_.find(name);
  Work* work = found == works_.end() ? nullptr : found->second.get();
  const auto over = over_.find(name);
  switch (request.action) {
    case BackfillRequest::Action::start:
      if (work == nullptr) begin_backfill(request.table, request, false);
      break;
    case BackfillRequest::Action::pause:
      if (work != nullptr) set_phase(*work, BackfillPhase::paused, {});
      break;
    case BackfillRequest::Action::resume:
      if (work != nullptr) set_phase(*work, BackfillPhase::running, {});
      // What it knew of keys is forgotten: from the first row on, under the same ids.
      if (work == nullptr && over != over_.end() && over->second.phase == BackfillPhase::failed) {
        BackfillRequest again;
        again.table = request.table;
        again.where = over->second.where;
        again.rows_per_s = over->second.rows_per_s;
        begin_backfill(request.table, again, over->second.initial);
      }
      break;
    case BackfillRequest::Action::cancel:
      if (work != nullptr) end(*work, BackfillPhase::cancelled, {});
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
    progress.reason = no_rule(table);
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

void BackfillWeaver::set_phase(Work& work, BackfillPhase phase, std::string reason) {
  BackfillProgress& progress = work.table.progress();
  if (progress.phase == phase) return;
  begin_anew(work);
  progress.phase = phase;
  progress.reason = std::move(reason);
  progress.rate = 0;
  log::info("a backfill changes", {{"table", progress.table.full_name()},
                                   {"phase", backfill_phase_name(phase)},
                                   {"rows", progress.rows}});
  add_step(work.table.step());
}

void BackfillWeaver::end(Work& work, BackfillPhase phase, std::string reason) {
  begin_anew(work);
  BackfillProgress& progress = work.table.progress();
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
  add_step(work.table.last_step());
  over_[name] = progress;
  works_.erase(name);
  by_layout_.clear();
}

void BackfillWeaver::take_results() {
  for (ReadResult& result : jobs_.take()) {
    --reading_;
    const auto found = asked_.find(result.number);
    if (found == asked_.end()) continue;
    const Asked asked = found->second;
    asked_.erase(found);
    const auto work = works_.find(asked.table);
    if (work == works_.end()) continue;
    if (result.fault) {
      take_fault(*work->second, asked, *result.fault);
    } else {
      take(*work->second, asked, std::move(result));
    }
  }
  // What all open windows see need not be remembered.
  uint64_t closed = last_job_;
  for (const auto& [name, work] : works_) {
    if (const auto oldest = work->table.oldest_window()) closed = std::min(closed, *oldest - 1);
  }
  streamed_.forget(closed);
}

void BackfillWeaver::take(Work& work, const Asked& asked, ReadResult result) {
  switch (asked.kind) {
    case ReadJob::Kind::plan:
      work.plan_asked = false;
      work.planning_since.reset();
      work.table.set_plan(std::move(result.plan));
      if (!work.table.progress().caveat.empty()) {
        log::warn("a backfill can't be exact",
                  {{"table", asked.table}, {"reason", work.table.progress().caveat}});
      }
      add_step(work.table.step());
      return;
    case ReadJob::Kind::running:
      return take_running(work, result.running);
    case ReadJob::Kind::chunk:
      return take_chunk(work, asked, std::move(result));
    case ReadJob::Kind::flushed:
      if (ChunkWindow* window = work.table.window(asked.window)) {
        window->lower_cut(result.flushed);
      }
      return;
  }
}

void BackfillWeaver::take_fault(Work& work, const Asked& asked, const Error& fault) {
  const SteadyTime now = clock_.steady();
  if (!fault.is_transient()) return end(work, BackfillPhase::failed, fault.describe());
  switch (asked.kind) {
    case ReadJob::Kind::plan:
      work.plan_asked = false;
      work.plan_due = now + kPlanAgain;
      if (now - *work.planning_since > kPlanningLimit) {
        return end(work, BackfillPhase::failed, fault.describe());
      }
      break;
    case ReadJob::Kind::running:
      work.gate = Gate::closed;
      work.gate_due = now + kPlanAgain;
      break;
    case ReadJob::Kind::chunk:
      if (work.table.window(asked.window) == nullptr) return;
      work.table.give_up_windows();
      work.mapping_since.reset();
      work.reader.reset();
      work.pace.failed(now);
      break;
    case ReadJob::Kind::flushed:
      return;
  }
  wait_reason(work, fault.describe());
}

void BackfillWeaver::take_running(Work& work, const RunningTransactions& running) {
  const SteadyTime now = clock_.steady();
  if (!work.gate_next) work.gate_next = running.next;
  if (!work.gate_since) work.gate_since = now;
  if (running.oldest >= *work.gate_next) {
    work.gate = Gate::open;
    work.gate_position = running.position;
    wait_reason(work, {});
    return;
  }
  work.gate = Gate::closed;
  work.gate_due = now + kGateAgain;
  if (now - *work.gate_since > kWorthTelling) {
    wait_reason(work,
                "transactions that are open since before it began have to end first; see "
                "pg_stat_activity and pg_prepared_xacts");
  }
}

void BackfillWeaver::take_chunk(Work& work, const Asked& asked, ReadResult result) {
  ChunkWindow* window = work.table.window(asked.window);
  if (window == nullptr) return;
  const Chunk& chunk = *result.chunk;
  if (chunk.snapshot && !streamed_.all_seen(*chunk.snapshot, window->seen_before(), last_job_)) {
    work.table.give_up_windows();
    work.mapping_since.reset();
    work.reader.reset();
    work.pace.failed(clock_.steady());
    wait_reason(work,
                "a commit that was streamed is not visible yet: it waits for a standby that "
                "synchronous_standby_names names");
    return;
  }
  work.pace.read(chunk.ends.size(), chunk.text.size());
  work.settle_due = chunk.settled_at;
  if (window->request().plan->by_place) work.reader = result.reader;
  if (work.table.take_chunk(*window, *std::move(result.chunk))) add_step(work.table.step());
  wait_reason(work, {});
}

// For `status`, and for the log when it is new.
void BackfillWeaver::wait_reason(Work& work, std::string reason) {
  BackfillProgress& progress = work.table.progress();
  if (progress.reason == reason) return;
  if (!reason.empty()) {
    log::warn("a backfill waits", {{"table", progress.table.full_name()}, {"reason", reason}});
  }
  progress.reason = std::move(reason);
  add_step(work.table.step());
}

void BackfillWeaver::advance(Work& work) {
  if (work.table.needs_plan()) return ask_plan(work);
  if (work.table.progress().phase != BackfillPhase::running) return;
  if (work.gate != Gate::open) return ask_running(work);
  if (work.table.is_complete()) return end(work, BackfillPhase::done, {});
  read_ahead(work);
}

uint64_t BackfillWeaver::ask(ReadJob job, const std::string& table, uint64_t window) {
  job.number = ++last_job_;
  asked_[job.number] = {table, window == 0 ? job.number : window, job.kind};
  ++reading_;
  jobs_.ask(std::move(job));
  return last_job_;
}

void BackfillWeaver::ask_plan(Work& work) {
  const SteadyTime now = clock_.steady();
  if (work.plan_asked || now < work.plan_due) return;
  const TableName& table = work.table.progress().table;
  const auto columns = mapper_->backfill_columns(table);
  if (!columns) return end(work, BackfillPhase::failed, no_rule(table));
  if (!work.planning_since) work.planning_since = now;
  work.plan_asked = true;
  ReadJob job;
  job.kind = ReadJob::Kind::plan;
  job.table = table;
  job.columns = *columns;
  ask(std::move(job), table.full_name());
}

void BackfillWeaver::ask_running(Work& work) {
  if (work.gate == Gate::asked || clock_.steady() < work.gate_due) return;
  work.gate = Gate::asked;
  ReadJob job;
  job.kind = ReadJob::Kind::running;
  ask(std::move(job), work.table.progress().table.full_name());
}

// As long as there is a reader, and what is held in memory is no more than a chunk a reader and one
// that is mapped.
void BackfillWeaver::read_ahead(Work& work) {
  const SteadyTime now = clock_.steady();
  if (now < work.pace.due() || reading_ >= start_.readers) return;
  if (work.table.windows() > start_.readers) return;
  if (held_bytes() >= (start_.readers + 1) * start_.chunk_bytes && work.table.has_windows()) return;
  std::optional<ChunkRequest> request = work.table.next_request();
  if (!request) return;
  request->most_rows = work.pace.most_rows();
  request->most_bytes = work.pace.most_bytes();
  request->opened_at = std::max(position_, work.gate_position);
  work.pace.asked(request->most_rows, now);
  ReadJob job;
  job.kind = ReadJob::Kind::chunk;
  job.request = *request;
  job.reader = work.reader;
  const uint64_t number = ask(std::move(job), work.table.progress().table.full_name());
  work.table.open_window(number, *std::move(request), streamed_.next());
}

bool BackfillWeaver::is_ripe(Work& work) {
  ChunkWindow* window = work.table.front();
  if (window == nullptr) return false;
  if (position_ >= window->chunk().cut) return true;
  const SteadyTime now = clock_.steady();
  if (window->chunk().snapshot && now >= window->chunk().settled_at && now >= *work.settle_due) {
    work.settle_due = now + kSettleAgain;
    ReadJob job;
    job.kind = ReadJob::Kind::flushed;
    ask(std::move(job), work.table.progress().table.full_name(), window->number());
  }
  return false;
}

// One table at a time, in turns. No more rows are told and not durable than a chunk a reader: a
// crash repeats no more.
bool BackfillWeaver::map_some() {
  for (; !unsaved_.empty() && unsaved_.front().step <= exchange_.saved_steps();
       unsaved_.pop_front())
    unsaved_rows_ -= unsaved_.front().rows;
  Work* next = nullptr;
  for (const auto& [name, work] : works_) {
    if (work->table.progress().phase != BackfillPhase::running || !is_ripe(*work)) continue;
    if (unsaved_rows_ > 0 && unsaved_rows_ >= start_.readers * work->table.front()->rows())
      continue;
    if (next == nullptr || (name > turn_ && next->table.progress().table.full_name() <= turn_)) {
      next = work.get();
    }
  }
  if (next == nullptr) return false;
  turn_ = next->table.progress().table.full_name();
  const SteadyTime now = clock_.steady();
  if (!next->mapping_since) next->mapping_since = now;
  const TableBackfill::Mapped mapped = next->table.map_rows(*mapper_, outbox_);
  rows_ += mapped.rows;
  tell(*next);
  add_step(next->table.step());
  unsaved_.push_back({steps_, mapped.rows});
  unsaved_rows_ += mapped.rows;
  if (mapped.window_done) {
    next->pace.mapped(std::chrono::duration_cast<milliseconds>(now - *next->mapping_since));
    next->mapping_since.reset();
  }
  return true;
}

void BackfillWeaver::tell(Work& work) {
  const SteadyTime now = clock_.steady();
  BackfillProgress& progress = work.table.progress();
  const std::chrono::duration<double> rated = now - work.rated_at;
  if (rated >= 1s) {
    progress.rate =
        static_cast<uint64_t>(static_cast<double>(progress.rows - work.rated_rows) / rated.count());
    work.rated_at = now;
    work.rated_rows = progress.rows;
  }
  if (now - work.told_at < kTellEvery) return;
  work.told_at = now;
  log::info("backfilling", {{"table", progress.table.full_name()},
                            {"rows", progress.rows},
                            {"of_about", progress.row_estimate},
                            {"rows_per_s", progress.rate},
                            {"bytes", progress.bytes}});
}

milliseconds BackfillWeaver::patience() const {
  milliseconds patience = 1000ms;
  if (works_.empty()) return patience;
  const SteadyTime now = clock_.steady();
  const auto until = [&](SteadyTime due) {
    if (due > now) patience = std::min(patience, std::chrono::ceil<milliseconds>(due - now));
  };
  for (const auto& [name, work] : works_) {
    until(work->plan_due);
    until(work->gate_due);
    until(work->pace.due());
  }
  return waits_for_position() ? std::min<milliseconds>(patience, kAskPosition) : patience;
}

bool BackfillWeaver::waits_for_position() const {
  return std::ranges::any_of(works_, [&](const auto& work) {
    const ChunkWindow* window = work.second->table.front();
    return window != nullptr && position_ < window->chunk().cut;
  });
}

size_t BackfillWeaver::held_bytes() const {
  size_t sum = 0;
  for (const auto& [name, work] : works_)
    sum += work->table.window_bytes();
  return sum;
}

size_t BackfillWeaver::bytes() const {
  size_t sum = 0;
  for (const auto& [name, work] : works_)
    sum += work->table.bytes();
  return sum;
}

}  // namespace waltrack
