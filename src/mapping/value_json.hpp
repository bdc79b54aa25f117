#pragma once

#include <string>

#include "model/change.hpp"
#include "model/table.hpp"

namespace waltrack {

// Appends the JSON for a value that is present or null (null gives `null`): the types table of
// docs/mappings.md. Text that does not look like its type (a column retyped under us) is written as
// a JSON string; whatever comes in, what goes out parses as one JSON value. Never throws.
void append_value_json(std::string& out, const ColumnType& type, const Value& value);

}  // namespace waltrack
