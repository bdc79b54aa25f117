#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/table_glob.hpp"

namespace waltrack {

// Reads a table's name as a mapping gives it. Without a schema it is `public`'s: the session's
// search_path plays no part. Case counts; odd names stand in SQL's double quotes: "Odd
// Schema"."Order". A bare part with `*` or `?` is a pattern, one in quotes never is.
std::optional<TableGlob> parse_table_glob(std::string_view text);

// The name as parse_table_glob() reads it: schema and table, each in double quotes where it has to
// be.
std::string table_name_text(const TableName& table);

}  // namespace waltrack
