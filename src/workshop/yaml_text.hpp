#pragma once

#include <string>
#include <string_view>

#include "model/table.hpp"

namespace waltrack {

// Texts of a mapping file, quoted where YAML or the mapping language would take them for something
// else.

// Any text as a scalar of block style or of `{ }`.
std::string yaml_scalar(std::string_view text);

// An identifier of a mapping's SQL: as it is, or in double quotes.
std::string sql_name(std::string_view column);

// A value that is that column.
std::string yaml_column(std::string_view column);

// What `table:` takes.
std::string yaml_table(const TableName& table);

// Text for a comment: one line, at most so many bytes.
std::string comment_text(std::string_view text, size_t most = 100);

}  // namespace waltrack
