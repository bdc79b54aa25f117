#include "postgres/stream_options.hpp"

#include <algorithm>
#include <utility>

#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

// What separates tables or parts of a name there, white space too, or means something else.
void append_escaped(std::string& out, std::string_view name) {
  for (const char c : name) {
    if (std::string_view(" \t\n\v\f\r',.*\\").find(c) != std::string_view::npos) {
      out.push_back('\\');
    }
    out.push_back(c);
  }
}

// The list of prefixes has no escape: a comma separates, a space is refused, and no prefix at all
// means every one.
bool can_be_listed(const std::string& prefix) {
  return !prefix.empty() && prefix.find_first_of(", \t\n\v\f\r") == std::string::npos;
}

void add_message_options(ReplicationStream::Options& options,
                         std::span<const std::string> prefixes) {
  if (prefixes.empty()) {
    // Only what is added and not filtered comes.
    options.emplace_back("add-msg-prefixes", "none");
    options.emplace_back("filter-msg-prefixes", "none");
    return;
  }
  if (!std::ranges::all_of(prefixes, can_be_listed)) return;
  std::string value;
  for (const std::string& prefix : prefixes)
    value.append(value.empty() ? "" : ",").append(prefix);
  options.emplace_back("add-msg-prefixes", std::move(value));
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
                                            std::span<const std::string> message_prefixes,
                                            bool numeric_as_string) {
  ReplicationStream::Options options = {
      {"format-version", "2"}, {"include-xids", "true"},   {"include-timestamp", "true"},
      {"include-lsn", "true"}, {"include-types", "false"}, {"include-type-oids", "true"},
  };
  if (numeric_as_string) options.emplace_back("numeric-data-types-as-string", "true");
  if (tables.empty()) {
    options.emplace_back("filter-tables", "*.*");  // no add-tables would mean all of them
  } else {
    options.emplace_back("add-tables", add_tables_value(tables));
  }
  add_message_options(options, message_prefixes);
  return options;
}

ReplicationStream::Options pgoutput_options(const std::string& publication, bool messages) {
  ReplicationStream::Options options = {{"proto_version", "1"},
                                        {"publication_names", quote_identifier(publication)}};
  if (messages) options.emplace_back("messages", "true");
  return options;
}

}  // namespace waltrack
