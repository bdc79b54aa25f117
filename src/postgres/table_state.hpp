#pragma once

#include <string>
#include <vector>

#include "postgres/catalog_lookup.hpp"
#include "postgres/pg_connection.hpp"

namespace waltrack {

// Whether and how the changes of a table can be followed.
struct TableState {
  enum class Kind { missing, table, partitioned, partition, other };

  TableName name;
  Kind kind = Kind::missing;
  TableName root;  // of a partition
  // What takes it, or those of its partitions that are not logged (or temporary), into the WAL;
  // empty: all of it is there.
  std::string set_logged;
  bool owned = false;       // by the role that asks, directly or through another role
  bool identifies = false;  // the rows (of all partitions) have a replica identity
  bool in_publication = false;
  bool filtered = false;          // the publication has a row filter on it
  std::string unpublished;        // the columns that the publication leaves out by a list: "a, b"
  std::vector<TableName> others;  // of a missing one: tables of the same name in other schemas
};

// In the order of `names`. `publication` may be one that does not exist.
std::vector<TableState> read_table_states(PgConnection& connection,
                                          const std::vector<TableName>& names,
                                          const std::string& publication);

// What keeps changes of these tables from coming, or from coming whole, while a slot is being read:
// each in words, with what mends it. Says nothing of tables that the publication merely lacks.
std::vector<std::string> undelivered(const std::vector<TableState>& tables,
                                     const std::string& publication);

// What a person must know who follows a partitioned table with wal2json: it names the leaf of each
// row, and which root that has is known only from today's catalog.
std::string partition_caution(const TableName& table);

}  // namespace waltrack
