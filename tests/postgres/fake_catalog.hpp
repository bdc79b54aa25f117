#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "postgres/catalog_lookup.hpp"

namespace waltrack {

// A catalog that knows Postgres' own types by their OIDs and whatever the test adds. It counts what
// it was asked.
class FakeCatalog final : public CatalogLookup {
 public:
  std::map<uint32_t, ValueKind> types = {
      {16, ValueKind::boolean},    {17, ValueKind::bytea},         {20, ValueKind::int8},
      {21, ValueKind::int2},       {23, ValueKind::int4},          {26, ValueKind::oid},
      {114, ValueKind::json},      {700, ValueKind::float4},       {701, ValueKind::float8},
      {1082, ValueKind::date},     {1083, ValueKind::time},        {1114, ValueKind::timestamp},
      {1186, ValueKind::interval}, {1184, ValueKind::timestamptz}, {1266, ValueKind::timetz},
      {1700, ValueKind::numeric},  {3802, ValueKind::json},
  };
  std::map<std::string, TableName> roots;              // "schema.leaf" → root
  std::map<std::string, TableName> present_roots;      // where the answer has changed
  std::map<std::string, std::vector<Column>> columns;  // "schema.table" → as it is now
  int type_questions = 0;
  int root_questions = 0;
  int column_questions = 0;

  ColumnType type(uint32_t oid) override {
    ++type_questions;
    ColumnType type;
    type.oid = oid;
    if (const auto known = types.find(oid); known != types.end()) type.kind = known->second;
    return type;
  }

  TableName root_of(std::string_view schema, std::string_view name) override {
    ++root_questions;
    const auto root = roots.find(std::string(schema) + "." + std::string(name));
    return root != roots.end() ? root->second : TableName{std::string(schema), std::string(name)};
  }

  TableName present_root_of(std::string_view schema, std::string_view name) override {
    const auto root = present_roots.find(std::string(schema) + "." + std::string(name));
    if (root != present_roots.end()) return root->second;
    --root_questions;
    return root_of(schema, name);
  }

  std::vector<Column> columns_of(std::string_view schema, std::string_view name) override {
    ++column_questions;
    const auto found = columns.find(std::string(schema) + "." + std::string(name));
    return found != columns.end() ? found->second : std::vector<Column>{};
  }
};

}  // namespace waltrack
