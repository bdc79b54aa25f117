#pragma once

#include <string>
#include <vector>

#include "model/table.hpp"
#include "postgres/pg_connection.hpp"
#include "workshop/change_draft.hpp"

namespace waltrack {

struct SampleRows {
  std::vector<std::string> key;  // the primary key's columns, may be none
  std::vector<ChangeDraft::Row> rows;
};

// The last rows of a table by its primary key (any, when it has none), as Value has their texts,
// for which the SQL condition `where` is true ("": all). One read-only statement, ended by the
// server after 10 s. Throws PgError; a usage Error for a condition that the server does not take.
SampleRows read_sample_rows(PgConnection& connection, const Table& table, const std::string& where,
                            int limit);

}  // namespace waltrack
