#pragma once

#include <string>
#include <vector>

#include "postgres/inspection.hpp"
#include "postgres/table_state.hpp"

namespace waltrack {

// The mapped tables: whether they are there and can be followed, what tells their old rows, and
// what the role may see of them. Needs `plugin`.
void check_tables(Inspection& look, const std::vector<TableState>& tables);
void check_partitions(Inspection& look, const std::vector<TableState>& tables);
void check_grants(Inspection& look, const std::vector<TableState>& tables);

// "a, b and 7 more".
std::string enumerated(const std::vector<std::string>& names);

// How a table without a replica identity gets one: by a unique index where there is one.
Fix identity_fix(Inspection& look, const TableName& table);

// Those of them that are partitioned. Throws PgError.
std::vector<TableName> partitioned_tables(PgConnection& connection,
                                          const std::vector<TableName>& tables);

// The statements that give all partitions of a table REPLICA IDENTITY FULL; its own is not among
// them. Throws PgError.
std::vector<std::string> full_identity_of_partitions(PgConnection& connection,
                                                     const TableName& table);

}  // namespace waltrack
