#pragma once

#include <string>
#include <string_view>

#include "model/table.hpp"

namespace waltrack {

// Tables as a mapping names them: a name, or a pattern in which `*` stands for any characters and
// `?` for one. Schema and name are matched apart: a `*` never crosses the dot.
struct TableGlob {
  struct Part {
    std::string text;
    bool glob = false;  // `*` and `?` in it are wildcards

    bool matches(std::string_view name) const;
    bool operator==(const Part&) const = default;
  };

  Part schema;
  Part name;

  bool is_glob() const { return schema.glob || name.glob; }
  bool matches(const TableName& table) const {
    return schema.matches(table.schema) && name.matches(table.name);
  }
  std::string full_name() const { return schema.text + "." + name.text; }
  bool operator==(const TableGlob&) const = default;
};

}  // namespace waltrack
