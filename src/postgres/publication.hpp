#pragma once

#include <string>
#include <vector>

#include "postgres/pg_connection.hpp"
#include "postgres/source_settings.hpp"
#include "postgres/table_state.hpp"

namespace waltrack {

// A publication as the server has it.
struct PublicationState {
  bool exists = false;
  bool via_root = false;  // changes of partitions are told as their root's
  bool inserts = true, updates = true, deletes = true;
};

PublicationState read_publication(PgConnection& connection, const std::string& name);

// Whether stored generated columns come with its tables: from Postgres 18 on, where it says so.
bool publishes_generated_columns(PgConnection& connection, const std::string& name);

// The statements that make the publication hold all tables that exist; none when it does.
std::vector<std::string> publication_changes(const SourceSettings& settings,
                                             const PublicationState& publication,
                                             const std::vector<TableState>& tables);

// The tables whose updates and deletes would start to fail for every application once they are
// published: they have no replica identity.
std::vector<TableName> endangered_tables(const PublicationState& publication,
                                         const std::vector<TableState>& tables);

// Makes the publication, or adds what is missing to it. Throws an Error with the SQL to run when
// the role may not, and a usage Error for a table that is missing, that has a row filter, or that
// must not be published because it has no replica identity. Returns whether it changed anything.
bool ensure_publication(PgConnection& connection, const SourceSettings& settings);

// Does that for a slot that is being read, table by table where it can't be done for all at once.
// Returns what is still lacking, each with what mends it. Throws only what passes by itself.
std::vector<std::string> mend_publication(PgConnection& connection, SourceSettings settings);

// How a table without a replica identity gets one.
std::string replica_identity_fix(const TableName& table);

}  // namespace waltrack
