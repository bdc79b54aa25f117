#pragma once

#include <string>
#include <utility>

#include "model/table.hpp"

namespace waltrack {

inline Column column_of(std::string name, ValueKind kind, bool key = false,
                        ValueKind element = ValueKind::text) {
  Column column;
  column.name = std::move(name);
  column.type.kind = kind;
  column.type.element = element;
  column.key = key;
  return column;
}

// Of a small shop: a user's plan and what we know of them.
inline Table people_table(ReplicaIdentity identity = ReplicaIdentity::full,
                          std::string schema = "public") {
  Table table;
  table.schema = std::move(schema);
  table.name = "people";
  table.replica_identity = identity;
  table.columns = {column_of("id", ValueKind::int8, true), column_of("email", ValueKind::text),
                   column_of("plan", ValueKind::text),
                   column_of("created_at", ValueKind::timestamptz)};
  return table;
}

}  // namespace waltrack
