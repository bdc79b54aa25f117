#include "postgres/table_registry.hpp"

#include <algorithm>

namespace waltrack {

namespace {

bool same_column(const Column& a, const Column& b) {
  return a.name == b.name && a.type.oid == b.type.oid && a.key == b.key;
}

}  // namespace

uint32_t RowCounter::next_row(uint64_t transaction, Lsn lsn) {
  const Place here{transaction, lsn};
  if (rows_ != here) {
    rows_ = here;
    next_ = 0;
  }
  return next_++;
}

bool RowCounter::first_truncate(uint64_t transaction, Lsn lsn) {
  const Place here{transaction, lsn};
  if (truncate_ == here) return false;
  truncate_ = here;
  return true;
}

TableRegistry::TableRegistry(CatalogLookup& catalog, std::span<const std::string> message_prefixes)
    : catalog_(catalog) {
  for (const std::string& prefix : message_prefixes) {
    const auto [made, is_new] = message_tables_.try_emplace(prefix, message_table(prefix));
    if (is_new) made->second.id = next_table_id();
  }
}

ResolvedTable& TableRegistry::resolve(std::string_view schema, std::string_view name) {
  return resolved(catalog_.root_of(schema, name));
}

ResolvedTable& TableRegistry::resolve_anew(std::string_view schema, std::string_view name) {
  return resolved(catalog_.present_root_of(schema, name));
}

ResolvedTable& TableRegistry::resolved(TableName root) {
  ResolvedTable& resolved = tables_[{root.schema, root.name}];
  resolved.name = std::move(root);
  return resolved;
}

const Table& TableRegistry::layout(ResolvedTable& resolved, std::vector<Column> columns,
                                   ReplicaIdentity replica_identity, bool whole) {
  for (const auto& known : resolved.layouts) {
    if (known->replica_identity == replica_identity && (known->whole || !whole) &&
        std::ranges::equal(known->columns, columns, same_column)) {
      return *known;
    }
  }
  auto table = std::make_unique<Table>();
  table->id = next_table_id();
  table->schema = resolved.name.schema;
  table->name = resolved.name.name;
  table->columns = std::move(columns);
  table->whole = whole;
  table->replica_identity = replica_identity;
  resolved.layouts.push_back(std::move(table));
  return *resolved.layouts.back();
}

const Table* TableRegistry::find_message_table(std::string_view prefix) const {
  const auto found = message_tables_.find(prefix);
  return found == message_tables_.end() ? nullptr : &found->second;
}

Column TableRegistry::column(std::string_view name, uint32_t type_oid, bool key) {
  Column column;
  column.name = name;
  column.type = catalog_.type(type_oid);
  column.type.oid = type_oid;
  column.key = key;
  return column;
}

}  // namespace waltrack
