#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "pipeline/chunk_pace.hpp"
#include "pipeline/table_backfill.hpp"

namespace waltrack {

// A table's backfill that is under way, with what the weaver and the schedule of its reading note
// beside it. Belongs to the capture thread.
struct BackfillTask {
  BackfillTask(TableBackfill the_table, ChunkPace the_pace)
      : table(std::move(the_table)), pace(std::move(the_pace)) {}

  const TableName& name() const { return table.progress().table; }

  TableBackfill table;
  ChunkPace pace;

  // Of ChunkSchedule. The gate opens when all transactions have ended that ran when it was asked
  // first: what they commit could otherwise be neither streamed nor read.
  enum class Gate { closed, asked, open };
  bool plan_asked = false;
  SteadyTime plan_due;
  std::optional<SteadyTime> planning_since;
  Gate gate = Gate::closed;
  std::optional<uint64_t> gate_next;  // transactions before it have to end
  SteadyTime gate_due;
  std::optional<SteadyTime> gate_since;
  Lsn gate_position;
  std::optional<size_t> reader;          // by place: the one that holds the snapshot
  std::optional<SteadyTime> settle_due;  // when to ask again how far WAL is written
  bool settle_asked = false;

  // Of the weaver.
  std::optional<SteadyTime> mapping_since;  // the first row of the chunk that is being mapped
  SteadyTime told_at;
  std::optional<SteadyTime> waits_told_at;
  SteadyTime rated_at;
  uint64_t rated_rows = 0;
};

// Why a table without rules for such rows has no backfill.
inline std::string no_backfill_rule(const TableName& table) {
  return "no rule hears backfilled rows of " + table.full_name() +
         ": a call with `on: [insert, update, backfill]` does";
}

// By the table's full name.
using BackfillTasks = std::map<std::string, std::unique_ptr<BackfillTask>>;

}  // namespace waltrack
