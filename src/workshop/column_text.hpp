#pragma once

#include <optional>
#include <string>

#include "base/yaml_reader.hpp"
#include "model/table.hpp"

namespace waltrack {

// A value that a person wrote for a column, not null, as the text that Value has for that column's
// type: true → t, a map or list for a json column → its JSON, a list for an array → {…}, a time in
// ISO 8601 → Postgres' spelling. Nothing when it is none of that type; `fault` then says what the
// type takes.
std::optional<std::string> column_text(const YamlNode& value, const ColumnType& type,
                                       std::string& fault);

}  // namespace waltrack
