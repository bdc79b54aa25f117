#pragma once

#include <string>

#include "model/change.hpp"
#include "model/table.hpp"

namespace waltrack {

// Appends the JSON for a value that is present or null (null gives `null`): the types table of
// docs/mappings.md. Numbers and embedded JSON keep their digits as they are. Text that does not
// look like its type (a column retyped under us), or that common JSON readers would refuse as such
// (see number_text.hpp and json_check.hpp), is written as a JSON string; whatever comes in, what
// goes out parses as one JSON value. Once its scratch has grown (one per thread) it allocates only
// for `out`.
void append_value_json(std::string& out, const ColumnType& type, const Value& value);

}  // namespace waltrack
