#include "postgres/stream_options.hpp"

#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

void append_escaped(std::string& out, std::string_view name) {
  for (const char c : name) {
    if (std::string_view(" ',.*\\").find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
}

}  // namespace

std::string add_tables_value(std::span<const TablePattern> tables) {
  std::string value;
  for (const TablePattern& table : tables) {
    if (!value.empty()) value.push_back(',');
    if (table.schema.empty()) {
      value.push_back('*');
    } else {
      append_escaped(value, table.schema);
    }
    value.push_back('.');
    if (table.name.empty()) {
      value.push_back('*');
    } else {
      append_escaped(value, table.name);
    }
  }
  return value;
}

ReplicationStream::Options wal2json_options(std::span<const TablePattern> tables,
                                            bool numeric_as_string) {
  ReplicationStream::Options options = {
      {"format-version", "2"}, {"include-xids", "true"},   {"include-timestamp", "true"},
      {"include-lsn", "true"}, {"include-types", "false"}, {"include-type-oids", "true"},
  };
  if (numeric_as_string) options.emplace_back("numeric-data-types-as-string", "true");
  if (!tables.empty()) options.emplace_back("add-tables", add_tables_value(tables));
  return options;
}

ReplicationStream::Options pgoutput_options(const std::string& publication) {
  return {{"proto_version", "1"}, {"publication_names", quote_identifier(publication)}};
}

}  // namespace waltrack
