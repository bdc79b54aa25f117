#pragma once

#include <compare>
#include <optional>
#include <vector>

#include "model/row_key.hpp"
#include "model/table.hpp"

namespace waltrack {

// The server's order of keys, as far as it can be told without the server: integers, uuids,
// booleans and byteas it can; texts follow a collation. Immutable.
class KeyOrder {
 public:
  KeyOrder() = default;
  // The types of the key's columns.
  explicit KeyOrder(const std::vector<ColumnType>& types);

  // Nothing where only the server can tell. Keys must have as many parts as there are types.
  std::optional<std::strong_ordering> compare(const RowKey& a, const RowKey& b) const;

 private:
  enum class Sort { number, text, server };
  std::vector<Sort> sorts_;
};

}  // namespace waltrack
