#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "model/change_source.hpp"
#include "model/run_figures.hpp"
#include "pipeline/backfill_exchange.hpp"
#include "pipeline/dead_letter_queue.hpp"
#include "pipeline/delivery_condition.hpp"
#include "pipeline/inflight_ledger.hpp"
#include "pipeline/lane_queues.hpp"
#include "pipeline/request_figures.hpp"
#include "pipeline/rule_counts.hpp"
#include "pipeline/source_status.hpp"
#include "pipeline/stage_watch.hpp"

namespace waltrack {

// The parts of a run that any thread may ask.
struct RunParts {
  const Clock& clock;
  const ChangeSource& source;  // its server_position() alone
  const SourceStatus& source_status;
  const DeliveryCondition& condition;
  const LaneQueues& lanes;
  InflightLedger& ledger;
  const DeadLetterQueue& dead_letters;
  const BackfillExchange& backfills;
  RuleCounts& rules;
  const RequestFigures& requests;
  StageWatch& stages;
  size_t memory_bytes = 0;
};

// What they tell now; what only the run itself knows is left to it. Any thread may call: each part
// has a lock of its own, and none is held while another is asked.
RunFigures gather_figures(const RunParts& parts, Lsn checkpoint);

// Nothing has happened between the two that is worth writing down: they differ in times, and in
// what moves with the server's WAL, at most.
bool tell_the_same(const RunFigures& a, const RunFigures& b);

}  // namespace waltrack
