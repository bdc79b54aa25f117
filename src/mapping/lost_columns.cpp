#include "mapping/lost_columns.hpp"

#include <algorithm>

#include "base/iso8601.hpp"
#include "base/log.hpp"

namespace waltrack {
namespace {

constexpr size_t kShown = 30;
constexpr const char* kRemedy =
    "name another column in the mapping, or give the table its own back";

void add(std::string& list, const std::string& one) {
  list.append(list.empty() ? "" : ", ").append(one);
}

}  // namespace

std::string LostColumns::of(std::span<const uint32_t> needs) const {
  std::string lost;
  for (const uint32_t column : columns_) {
    if (std::ranges::binary_search(needs, column))
      add(lost, "'" + mapped_.columns[column].name + "'");
  }
  if (lost.empty()) return lost;
  return mapped_.full_name() + " has no column " + lost + since() +
         ": it was renamed or dropped. The table has " + what_is_there() + ". " + kRemedy;
}

void LostColumns::tell(size_t rules) const {
  std::string names;
  for (const uint32_t column : columns_)
    add(names, mapped_.columns[column].name);
  log::error("a mapping names a column that its table no longer has: its rows are dead letters",
             {{"table", mapped_.full_name()},
              {"column", names},
              {"the table has", what_is_there()},
              {"rules", rules},
              {"fix", kRemedy}});
}

std::string LostColumns::since() const {
  if (since_us_ == 0) return {};
  std::string text = " since ";
  append_iso8601_utc(text, since_us_);
  return text;
}

// The new ones first: the lost one may be among them under its new name.
std::string LostColumns::what_is_there() const {
  std::string added;
  std::string kept;
  size_t shown = 0;
  for (const Column& column : layout_.columns) {
    const bool is_new = !mapped_.find_column(column.name);
    if (is_new) {
      add(added, column.name);
    } else if (shown++ < kShown) {
      add(kept, column.name);
    }
  }
  if (shown > kShown) kept += ", …";
  if (added.empty()) return kept;
  return added + (kept.empty() ? " (new)" : " (new), " + kept);
}

}  // namespace waltrack
