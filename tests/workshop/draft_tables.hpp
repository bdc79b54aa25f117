#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "postgres/table_facts.hpp"

namespace waltrack {

// A table as read_table_facts() would tell it, put together by hand.
class DraftTable {
 public:
  explicit DraftTable(std::string name, std::string schema = "public") {
    facts_.table.schema = std::move(schema);
    facts_.table.name = std::move(name);
  }

  DraftTable& column(std::string name, ValueKind kind = ValueKind::text, bool nullable = true) {
    Column column;
    column.name = std::move(name);
    column.type.kind = kind;
    column.nullable = nullable;
    facts_.table.columns.push_back(std::move(column));
    facts_.columns.emplace_back();
    return *this;
  }
  DraftTable& key(std::initializer_list<std::string> names) {
    facts_.primary_key = names;
    for (const std::string& name : names) {
      Column& column = facts_.table.columns[*facts_.table.find_column(name)];
      column.key = true;
      column.nullable = false;
    }
    return *this;
  }
  DraftTable& id(ValueKind kind = ValueKind::int8) { return column("id", kind, false).key({"id"}); }
  DraftTable& refers(std::string own, TableName target, std::string column = "id") {
    facts_.foreign_keys.push_back({{std::move(own)}, std::move(target), {std::move(column)}});
    return *this;
  }
  DraftTable& refers(std::string own, const std::string& target) {
    return refers(std::move(own), TableName{"public", target});
  }
  DraftTable& full() {
    facts_.table.replica_identity = ReplicaIdentity::full;
    for (Column& column : facts_.table.columns)
      column.key = true;
    return *this;
  }

  TableFacts& facts() { return facts_; }
  operator TableFacts() const { return facts_; }

 private:
  TableFacts facts_;
};

inline DraftTable users_table(std::string name = "users") {
  return DraftTable(std::move(name)).id().column("email", ValueKind::text, false);
}

}  // namespace waltrack
