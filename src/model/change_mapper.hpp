#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/change.hpp"
#include "model/event_sink.hpp"
#include "model/table.hpp"

namespace waltrack {

// Turns a change into events. Belongs to one thread.
class ChangeMapper {
 public:
  virtual ~ChangeMapper() = default;

  // Puts the events of `change` into `sink`, in the order of their rules. A row that makes a rule
  // fail is rejected there; nothing is thrown for it.
  virtual void map(const Transaction& transaction, const Change& change, EventSink& sink) = 0;

  // The columns that the rules of this table (a resolved one) read of rows that are there already,
  // which may be none; nothing when it has no rule for such rows.
  virtual std::optional<std::vector<std::string>> backfill_columns(
      const TableName& table) const = 0;
};

}  // namespace waltrack
