#pragma once

#include <string>
#include <vector>

#include "model/chunk_reader.hpp"
#include "model/table.hpp"
#include "postgres/catalog.hpp"
#include "postgres/pg_connection.hpp"

namespace waltrack {

// ChunkReader::plan() over this connection and the catalog of the same server.
BackfillPlan read_backfill_plan(PgConnection& connection, Catalog& catalog, const TableName& table,
                                const std::vector<std::string>& columns);

}  // namespace waltrack
