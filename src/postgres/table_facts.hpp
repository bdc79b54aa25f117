#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/table.hpp"
#include "postgres/catalog.hpp"

namespace waltrack {

struct ForeignKey {
  std::vector<std::string> columns;
  TableName target;
  std::vector<std::string> target_columns;  // one for each of `columns`
};

struct ColumnFacts {
  std::string comment;
  bool generated = false;           // always computed from other columns; identities are not
  std::vector<std::string> labels;  // of an enum, in their order
};

// What a database says of a table to somebody who is to write its mapping.
struct TableFacts {
  Table table;
  std::vector<ColumnFacts> columns;  // one for each of table.columns
  std::vector<std::string> primary_key;
  std::vector<ForeignKey> foreign_keys;
  std::string comment;
  int64_t row_estimate = -1;  // -1: nobody knows
  bool partitioned = false;
  std::vector<TableName> leaves;  // the partitions that hold rows, of a partitioned table
  bool logged = true;             // false: its changes are not in the WAL
  bool identifies = true;         // the rows (of all partitions) have a replica identity
  bool of_extension = false;      // made by an extension: a part of the server, not of a shop

  TableName name() const { return {table.schema, table.name}; }
};

// Of all tables of users, partitions as their root, sorted. Throws PgError.
std::vector<TableFacts> read_table_facts(PgConnection& connection, Catalog& catalog);

}  // namespace waltrack
