#pragma once

#include <span>
#include <vector>

#include "model/change.hpp"
#include "postgres/table_registry.hpp"
#include "postgres/wal2json_reader.hpp"

namespace waltrack {

// wal2json names the columns of each row and never says which ones the table has. These find out.

enum class Gaps {
  none,          // the message must have all columns: an insert
  stored_aside,  // it leaves out what may be unchanged TOAST: the new row of an update
  any,           // it leaves out whatever is not in the replica identity: an old row
};

// Puts the values that `seen` tells into `row`, one for each of `columns`, the others unavailable.
// False when the table does not have just these columns, in this order, or more are missing than
// `gaps` allows: then the layout has changed, and `row` is of no use.
bool place_row(std::span<const Wal2jsonColumn> seen, std::span<const Column> columns, Gaps gaps,
               std::vector<Value>& row);

// The columns that a table has now: all that were `seen`, and of those `known` before the ones
// whose absence `gaps` allows, each where it stood.
std::vector<Column> merge_columns(std::span<const Wal2jsonColumn> seen,
                                  std::span<const Column> known, Gaps gaps,
                                  TableRegistry& registry);

}  // namespace waltrack
