#include "postgres/wal2json_layout.hpp"

#include <algorithm>
#include <string_view>

namespace waltrack {

namespace {

// Types of a fixed length always stand in the row itself. Of text, only some can be stored aside,
// but the kind does not say which.
bool may_be_stored_aside(ValueKind kind) {
  switch (kind) {
    case ValueKind::boolean:
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
    case ValueKind::oid:
    case ValueKind::float4:
    case ValueKind::float8:
    case ValueKind::date:
    case ValueKind::time:
    case ValueKind::timetz:
    case ValueKind::timestamp:
    case ValueKind::timestamptz:
    case ValueKind::interval:
      return false;
    default:
      return true;
  }
}

bool may_be_missing(const Column& column, Gaps gaps) {
  switch (gaps) {
    case Gaps::none:
      return false;
    case Gaps::stored_aside:
      return may_be_stored_aside(column.type.kind);
    case Gaps::any:
      return true;
  }
  return false;
}

bool same_column(const Wal2jsonColumn& seen, const Column& column) {
  return seen.type_oid == column.type.oid && seen.name == column.name;
}

// The same text as the other plugin's: a domain over bytea comes with its prefix.
Value plain_value(Value value, const Column& column) {
  if (column.type.kind == ValueKind::bytea && value.text.starts_with("\\x")) {
    value.text.remove_prefix(2);
  }
  return value;
}

}  // namespace

bool place_row(std::span<const Wal2jsonColumn> seen, std::span<const Column> columns, Gaps gaps,
               std::vector<Value>& row) {
  row.assign(columns.size(), Value{});
  auto next = seen.begin();
  for (size_t i = 0; i < row.size(); ++i) {
    const Column& column = columns[i];
    if (next != seen.end() && same_column(*next, column)) {
      row[i] = plain_value(next->value, column);
      ++next;
    } else if (!may_be_missing(column, gaps)) {
      return false;
    }
  }
  return next == seen.end();
}

std::vector<Column> merge_columns(std::span<const Wal2jsonColumn> seen,
                                  std::span<const Column> known, Gaps gaps,
                                  TableRegistry& registry) {
  std::vector<Column> merged;
  merged.reserve(seen.size() + known.size());
  for (const Wal2jsonColumn& column : seen) {
    merged.push_back(registry.column(column.name, column.type_oid, false));
  }
  size_t place = 0;  // behind the known column that came last
  for (const Column& column : known) {
    const auto there = std::ranges::find(merged, column.name, &Column::name);
    if (there != merged.end()) {
      place = static_cast<size_t>(there - merged.begin()) + 1;
    } else if (may_be_missing(column, gaps)) {
      merged.insert(merged.begin() + static_cast<std::ptrdiff_t>(place), column);
      ++place;
    }
  }
  return merged;
}

}  // namespace waltrack
