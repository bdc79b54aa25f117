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

// What wal2json is asked for: format version 2 with type oids, the rows of these tables and the
// logical messages of these prefixes; of all prefixes when one of them can't be written there.
// `numeric_as_string` is an option of wal2json 2.6 that keeps NaN.
ReplicationStream::Options wal2json_options(std::span<const TablePattern> tables,
                                            std::span<const std::string> message_prefixes,
                                            bool numeric_as_string);

// pgoutput sends logical messages of all prefixes or of none.
ReplicationStream::Options pgoutput_options(const std::string& publication, bool messages);

// The value of add-tables, with `\` before everything that has a meaning in it.
std::string add_tables_value(std::span<const TablePattern> tables);

}  // namespace waltrack
