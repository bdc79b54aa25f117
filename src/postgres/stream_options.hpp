#pragma once

#include <span>
#include <string>

#include "postgres/replication_stream.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

// A pattern of wal2json's add-tables: a table, all of a schema, or a name in every schema.
struct TablePattern {
  std::string schema;  // empty: every schema
  std::string name;    // empty: every table of the schema

  bool operator==(const TablePattern&) const = default;
};

// What wal2json is asked for: format version 2 with type oids, of these tables. No patterns: of
// all. `numeric_as_string` is an option of wal2json 2.6 that keeps NaN.
ReplicationStream::Options wal2json_options(std::span<const TablePattern> tables,
                                            bool numeric_as_string);

ReplicationStream::Options pgoutput_options(const std::string& publication);

// The value of add-tables, with `\` before everything that has a meaning in it.
std::string add_tables_value(std::span<const TablePattern> tables);

}  // namespace waltrack
