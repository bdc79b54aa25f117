#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/table.hpp"

namespace waltrack {

// The columns that a mapping was compiled for and that its table no longer has: an account for
// people.
class LostColumns {
 public:
  // `columns`: of `mapped`, the table that the rules were compiled for. `layout` is the table as
  // the first row without them has it, which was committed at `since_us`. Both must outlive it.
  LostColumns(const Table& mapped, const Table& layout, std::vector<uint32_t> columns,
              int64_t since_us)
      : mapped_(mapped), layout_(layout), columns_(std::move(columns)), since_us_(since_us) {}

  // What a rule lost that needs these columns, ascending; empty when it lost nothing.
  std::string of(std::span<const uint32_t> needs) const;

  // Into the log. `rules`: how many of the table's rules need them.
  void tell(size_t rules) const;

 private:
  std::string since() const;
  std::string what_is_there() const;

  const Table& mapped_;
  const Table& layout_;
  const std::vector<uint32_t> columns_;
  const int64_t since_us_;
};

}  // namespace waltrack
