#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/table.hpp"

namespace waltrack {

// What a decoder has to ask the server's catalog, because the stream does not say it. Belongs to
// the capture thread; answers are cached, so a call is slow only the first time.
class CatalogLookup {
 public:
  virtual ~CatalogLookup() = default;

  // Domains resolved, arrays and ranges with their element. A type that nobody knows is text.
  virtual ColumnType type(uint32_t oid) = 0;

  // The partitioned table at the top of which this one is a leaf, or the table itself.
  virtual TableName root_of(std::string_view schema, std::string_view name) = 0;

  // The same, asked anew: the answer of before may be out of date.
  virtual TableName present_root_of(std::string_view schema, std::string_view name) = 0;

  // The columns that a table (or a partition) has at present, in their order; none when there is no
  // such table now. Never cached: the stream may be far behind, or just past a change.
  virtual std::vector<Column> columns_of(std::string_view schema, std::string_view name) = 0;
};

}  // namespace waltrack
