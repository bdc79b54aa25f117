#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/change.hpp"
#include "model/table.hpp"

namespace waltrack {

// Reads rows as COPY … TO STDOUT writes them in its text format: a line a row, a tab between
// columns, \N for null, backslash escapes. Knows the columns of one layout; any thread may use it.
class CopyRow {
 public:
  explicit CopyRow(const Table& layout);

  // Splits one line, with or without its newline, into one value for each column. Unescapes in
  // place: a line can be read once, and the values are views into it. Allocates nothing where `row`
  // had room. False where it is no such line, and then neither line nor row is of any use: another
  // number of columns, an escape that COPY does not write, a NUL.
  bool read(std::span<char> line, std::vector<Value>& row) const;

 private:
  std::vector<bool> bytea_;  // by column
};

}  // namespace waltrack
