#include "mapping/sql_functions.hpp"

#include <array>

#include "mapping/sql_format.hpp"
#include "mapping/sql_json_functions.hpp"
#include "mapping/sql_regexp.hpp"
#include "mapping/sql_text_functions.hpp"
#include "mapping/sql_time_functions.hpp"
#include "mapping/sql_trim.hpp"

namespace waltrack {
namespace {

constexpr auto kFunctions = std::to_array<std::string_view>({
    "->",
    "->>",
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "avg",
    "bool",
    "ceil",
    "ceiling",
    "char",
    "coalesce",
    "concat",
    "contains",
    "cos",
    "cosh",
    "count",
    "cume_dist",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "date_trunc",
    "datetime",
    "degrees",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "format",
    "glob",
    "group_concat",
    "hex",
    "ifnull",
    "iif",
    "instr",
    "iso8601",
    "json",
    "json_array",
    "json_array_length",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_patch",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_type",
    "json_valid",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "length",
    "like",
    "likelihood",
    "likely",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "max",
    "min",
    "mod",
    "now",
    "nth_value",
    "ntile",
    "nullif",
    "percent_rank",
    "pi",
    "pow",
    "power",
    "printf",
    "quote",
    "radians",
    "rank",
    "regexp",
    "regexp_extract",
    "regexp_replace",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sha256",
    "sign",
    "sin",
    "sinh",
    "soundex",
    "split_part",
    "sqrt",
    "strftime",
    "substr",
    "substring",
    "sum",
    "tan",
    "tanh",
    "time",
    "total",
    "trim",
    "trunc",
    "typeof",
    "unicode",
    "unixepoch",
    "unlikely",
    "upper",
    "zeroblob",
});

}  // namespace

std::span<const std::string_view> allowed_functions() {
  return kFunctions;
}

void add_functions(sqlite3* db) {
  add_format_functions(db);
  add_json_functions(db);
  add_regexp_functions(db);
  add_text_functions(db);
  add_time_functions(db);
  add_trim_functions(db);
}

}  // namespace waltrack
