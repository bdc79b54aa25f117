#include "pipeline/run_figures.hpp"

#include <algorithm>

namespace waltrack {
namespace {

uint64_t bytes_between(Lsn from, Lsn to) {
  return to > from ? to.value - from.value : 0;
}

void add_source(const RunParts& parts, Lsn checkpoint, RunFigures& figures) {
  const SourceState state = parts.source_status.state();
  figures.streaming = state.streaming;
  figures.problem = state.problem;
  Lsn newest = parts.source.server_position();
  if (state.reading) {
    newest = std::max(newest, state.reading->position);
    if (!state.reading->restart.is_none()) {
      figures.retained_wal_bytes = bytes_between(state.reading->restart, state.reading->position);
    }
    figures.slot_headroom_bytes = state.reading->safe_wal_bytes;
  }
  if (!newest.is_none()) figures.lag_bytes = bytes_between(checkpoint, newest);
}

void add_queues(const RunParts& parts, RunFigures& figures) {
  figures.queue_bytes = parts.lanes.bytes();
  const std::vector<size_t> lanes = parts.lanes.lane_bytes();
  figures.lane_bytes.assign(lanes.begin(), lanes.end());
  figures.unfinished_events = parts.ledger.unfinished();
  figures.ledger_entries = parts.ledger.entries();
  figures.ledger_bytes = parts.ledger.bytes();
  figures.dead_letter_queue_bytes = parts.dead_letters.bytes();
  figures.memory_bytes = parts.memory_bytes;
  if (const auto oldest = parts.ledger.oldest_commit_us()) {
    figures.lag_s = static_cast<double>(std::max<int64_t>(figures.taken_at_us - *oldest, 0)) / 1e6;
  }
}

void add_rules(const RunParts& parts, RunFigures& figures) {
  for (const InflightLedger::Accepted& one : parts.ledger.take_accepted())
    parts.rules.sent(one.table, one.rule, one.events);
  figures.rules = parts.rules.all();
}

std::vector<StageFigure> without_times(std::vector<StageFigure> stages) {
  for (StageFigure& stage : stages)
    stage.turned_at_us = 0;
  return stages;
}

}  // namespace

RunFigures gather_figures(const RunParts& parts, Lsn checkpoint) {
  RunFigures figures;
  figures.taken_at_us = parts.clock.utc_us();
  figures.checkpoint = checkpoint;
  add_source(parts, checkpoint, figures);
  figures.flowing = parts.condition.is_flowing();
  figures.delivery = parts.condition.brief();
  add_queues(parts, figures);
  add_rules(parts, figures);
  figures.requests = parts.requests.counts();
  figures.request_times = parts.requests.times();
  for (const auto& [table, progress] : parts.backfills.stored())
    figures.backfills.push_back(
        {table, std::string(backfill_phase_name(progress.phase)), progress.rows});
  figures.stages = parts.stages.look();
  return figures;
}

bool tell_the_same(const RunFigures& a, const RunFigures& b) {
  return a.rows == b.rows && a.backfilled_rows == b.backfilled_rows && a.rules == b.rules &&
         a.requests == b.requests && a.unfinished_events == b.unfinished_events &&
         a.dead_letters == b.dead_letters && a.dead_letter_room == b.dead_letter_room &&
         a.spool == b.spool && a.backfills == b.backfills &&
         without_times(a.stages) == without_times(b.stages);
}

}  // namespace waltrack
