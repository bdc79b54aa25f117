#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waltrack {

// What a column's text means, domains resolved to their base type. Decides how a value is bound to
// an expression and written as JSON.
enum class ValueKind : uint8_t {
  boolean,
  int2,
  int4,
  int8,
  oid,
  float4,
  float8,
  numeric,
  text,  // also uuid, enum, inet, xml, bit, money, composite and whatever is unknown
  bytea,
  date,
  time,
  timetz,
  timestamp,
  timestamptz,
  interval,
  json,  // and jsonb
  array,
  range,
  multirange,
  hstore,
};

// Whether values of this kind are made of others, whose kind ColumnType::element tells.
constexpr bool has_elements(ValueKind kind) {
  return kind == ValueKind::array || kind == ValueKind::range || kind == ValueKind::multirange;
}

struct ColumnType {
  uint32_t oid = 0;
  ValueKind kind = ValueKind::text;
  ValueKind element = ValueKind::text;  // of arrays, ranges and multiranges
  char delimiter = ',';                 // between an array's elements (box has ';')
  // The same of an element that has parts itself: a range in an array, a domain over arrays. What
  // is deeper is text.
  ValueKind inner = ValueKind::text;
  char inner_delimiter = ',';
  std::string name = "text";  // for people, as format_type() says it
};

// A column that the server computes from others of its row.
enum class Generated : uint8_t {
  no,
  stored,      // wal2json brings it, pgoutput where its publication says so (Postgres 18)
  when_asked,  // "virtual": it is in no change
};

struct Column {
  std::string name;
  ColumnType type;
  bool nullable = true;
  bool key = false;  // part of the replica identity
  Generated generated = Generated::no;
};

enum class ReplicaIdentity : uint8_t { key, index, full, nothing };

struct TableName {
  std::string schema = "public";
  std::string name;

  std::string full_name() const { return schema + "." + name; }
  bool operator==(const TableName&) const = default;
};

// One layout of one table. A table whose columns change gets a new Table with a new id; an old one
// lives as long as its decoder. `schema` and `name` are the resolved table: a partition's root.
// What applications emit under one prefix of pg_logical_emit_message() is a Table, too: see
// message_table().
struct Table {
  uint32_t id = 0;  // small, never used twice in a run
  std::string schema;
  std::string name;
  std::vector<Column> columns;
  bool whole = true;  // false: it may have had more columns, which the stream has not shown
  ReplicaIdentity replica_identity = ReplicaIdentity::key;
  std::vector<TableName> heirs;  // tables that INHERIT from it: their rows come as theirs

  bool is_message() const { return schema.empty(); }
  // "schema.table", or "message:PREFIX".
  std::string full_name() const { return is_message() ? "message:" + name : schema + "." + name; }
  std::optional<size_t> find_column(std::string_view column) const {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].name == column) return i;
    }
    return std::nullopt;
  }
};

// A Table::id that no other call has given: who keeps something by a layout's id must not meet
// another layout under it, not after a reconnect either. Any thread.
uint32_t next_table_id();

// The table that stands for logical messages of a prefix: no schema, and one text column `content`
// that is never null.
inline Table message_table(std::string prefix) {
  Table table;
  table.schema.clear();
  table.name = std::move(prefix);
  Column content;
  content.name = "content";
  content.nullable = false;
  table.columns.push_back(std::move(content));
  return table;
}

}  // namespace waltrack
