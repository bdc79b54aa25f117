#pragma once

#include <string>

#include "model/backfill.hpp"
#include "state/state_fixture.hpp"

namespace waltrack {

inline RowKey key(const std::string& text) {
  return RowKey{text};
}

inline BackfillRequest request(const std::string& table,
                               BackfillRequest::Action action = BackfillRequest::Action::start) {
  BackfillRequest request;
  request.action = action;
  request.table.name = table;
  return request;
}

// Nothing in it has its default.
inline BackfillProgress whole_progress() {
  BackfillProgress progress;
  progress.table = {"shop", "orders"};
  progress.phase = BackfillPhase::paused;
  progress.reason = "the server \"went\" away";
  progress.caveat = "no key";
  progress.where = "total > 7 and name <> 'ö'";
  progress.rows_per_s = 4'000'000'000u;
  progress.initial = true;
  progress.started_at_us = 1'700'000'000'000'000;
  progress.finished_at_us = 1'700'000'000'000'001;
  progress.rows = UINT64_MAX;
  progress.bytes = UINT64_MAX - 1;
  progress.rate = 5;
  progress.row_estimate = 6;
  progress.leaves_done = {{"shop", "orders_1"}, {"other", "orders \"2\""}};
  progress.leaf = {"shop", "orders_3"};
  progress.cursor = key(std::string("7\0ö\xff", 5));
  progress.last = key("");
  return progress;
}

// Progress of a table that has just begun.
inline BackfillStep begun(const std::string& table, uint64_t rows = 0) {
  BackfillStep step;
  step.table = {"public", table};
  step.progress.emplace();
  step.progress->table = step.table;
  step.progress->rows = rows;
  return step;
}

}  // namespace waltrack
