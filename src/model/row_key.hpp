#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace waltrack {

// The texts of a row's key columns (as Value has them), in the order of the key. A NUL parts them:
// no text of Postgres' holds one. Equal keys have equal texts; their order is the server's.
struct RowKey {
  std::string text;

  // Begin with an empty key; `first` for the first column.
  void append(std::string_view column, bool first) {
    if (!first) text.push_back('\0');
    text.append(column);
  }
  // One for each column.
  std::vector<std::string> parts() const;

  bool operator==(const RowKey&) const = default;
};

struct RowKeyHash {
  size_t operator()(const RowKey& key) const { return std::hash<std::string>()(key.text); }
};

}  // namespace waltrack
