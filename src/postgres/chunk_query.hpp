#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/backfill.hpp"
#include "model/chunk_reader.hpp"
#include "model/row_key.hpp"
#include "model/table.hpp"

namespace waltrack {

// A column of a key, as SQL has to name it.
struct KeyColumn {
  std::string name;
  // The type to cast a value to, domains resolved, without a length that would cut it: bpchar.
  std::string type;
  std::string collation;  // qualified and quoted; empty: the type has none
  bool bytea = false;
};

// The SQL that reads a plan's rows. Keys go in as literals of no type, which take the type and the
// collation of the column that they are compared with; their order is that of the columns' types.
class ChunkQuery {
 public:
  // `key`: the columns of plan->key, in that order.
  ChunkQuery(std::shared_ptr<const BackfillPlan> plan, std::vector<KeyColumn> key);

  // Of the rows of a leaf behind `after`, up to `last` (none: without that end).
  struct Range {
    TableName leaf;
    std::optional<RowKey> after;
    std::optional<RowKey> last;
  };

  // The key of a leaf's last row.
  std::string greatest(const TableName& leaf) const;

  // The key of the range's `rows`th row; no row where it has fewer.
  std::string nth(const Range& range, size_t rows) const;

  // COPY of the range's first rows for which the condition `where` (empty: none) is true.
  std::string rows(const Range& range, const std::string& where, size_t limit) const;

  // COPY of the rows of a leaf in places behind `after`, before `end`: "(page,number)".
  std::string rows_at(const TableName& leaf, const std::string& after, const std::string& end,
                      const std::string& where) const;

  // COPY of the rows of these keys, see ChunkRequest::keys.
  std::string rows_of(const std::vector<std::pair<RowKey, KeyMark>>& keys,
                      const std::string& where) const;

 private:
  std::string select(const TableName& from, bool only) const;
  std::string condition(const Range& range) const;
  std::string literals(const RowKey& key) const;
  std::string typed(const RowKey& key) const;
  std::string lay_ahead(const KeyMark::From& from) const;
  std::string order() const;

  const std::shared_ptr<const BackfillPlan> plan_;
  const std::vector<KeyColumn> key_;
  std::string key_names_;  // "a", or ("a", "b")
};

}  // namespace waltrack
