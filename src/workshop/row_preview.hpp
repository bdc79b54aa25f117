#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mapping/mapper.hpp"
#include "model/change.hpp"
#include "model/table.hpp"
#include "workshop/change_draft.hpp"
#include "workshop/collected_events.hpp"

namespace waltrack {

// A row of a table, and what each rule makes of a change of it.
struct RowPreview {
  ChangeDraft::Row before;  // update, delete; one text a column
  ChangeDraft::Row after;   // insert, update, backfill
  std::vector<RuleOutcome> outcomes;

  const ChangeDraft::Row& row() const { return after.empty() ? before : after; }
};

// A change to look at: which kind, and what an update's old row had in place of the new values.
struct PreviewChange {
  Op op = Op::insert;
  std::vector<std::pair<size_t, std::optional<std::string>>> was;  // by the column's place
  int64_t commit_time_us = 0;  // backfill: of the backfill, as there is no commit
};

// Maps the rows as if they were changed so, at once. `table.id` must be one that `mapper` has seen
// for no other table. The outcomes' rules belong to the mapper.
std::vector<RowPreview> preview_rows(Mapper& mapper, const Table& table,
                                     const std::vector<ChangeDraft::Row>& rows,
                                     const PreviewChange& change);

// "COLUMN=VALUE" as --was takes it; null is null, other values as a test's are. Throws a usage
// Error.
std::pair<size_t, std::optional<std::string>> parse_was(const std::string& text,
                                                        const Table& table);

// What a person should know before reading the outcomes: that nothing has changed, or that the
// server sends no old row.
std::vector<std::string> preview_notes(const Table& table, const PreviewChange& change);

// `id 7`, or `(order_id, sku) = (1, a)`; "row 3" without a key.
std::string row_title(const Table& table, const std::vector<std::string>& key,
                      const ChangeDraft::Row& row, size_t number);

// The documents that are about this table, in files of their own path; none: it has no mapping.
std::vector<MappingFile> files_about(const std::vector<MappingFile>& files, const TableName& table);

}  // namespace waltrack
