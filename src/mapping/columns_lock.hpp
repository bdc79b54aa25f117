#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "model/table.hpp"

namespace waltrack {

// `columns.lock.json` beside the mapping files: what is known of the mapped tables where there is
// no database. People read it in a review and keep it in Git, so its text depends on the schema
// alone: no oids, no order but that of names. Line breaks and keys are a format of which files
// exist:
//   {
//     "version": 1,
//     "needs": "waltrack 0.2",
//     "tables": [
//       {
//         "schema": "public", "name": "users", "replica_identity": "key",
//         "columns": [
//           {"name": "id", "type": "bigint", "kind": "int8", "nullable": false, "key": true},
//           {"name": "tags", "type": "text[]", "kind": "array", "element": "text", "nullable":
//           true}
//         ]
//       }
//     ]
//   }
// `element` is there for arrays, ranges and multiranges; `delimiter` where it is not a comma; `key`
// where it is true. Other keys are passed over: a later waltrack may add some to the same version.
inline constexpr std::string_view kColumnsLockName = "columns.lock.json";

// The file's text. Tables stand sorted by schema and name, columns by name; of two tables with one
// name the first counts.
std::string write_columns_lock(std::span<const Table> tables);

// The tables of a file's text, with ColumnType::oid and Table::id 0; what is wrong goes to
// `diagnostics` under `path`, and then there are none. Never throws, whatever comes in.
std::vector<Table> read_columns_lock(std::string_view text, const std::string& path,
                                     Diagnostics& diagnostics);

}  // namespace waltrack
