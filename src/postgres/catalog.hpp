#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/followed.hpp"
#include "postgres/catalog_lookup.hpp"
#include "postgres/pg_connection.hpp"
#include "postgres/stream_options.hpp"

namespace waltrack {

// What the database says of its types, tables and partitions. Everything is read at once by load();
// what turns up later (a new type, a new partition) is asked for once, over a connection of its
// own. Belongs to one thread. Functions that ask the server throw PgError.
class Catalog final : public CatalogLookup {
 public:
  explicit Catalog(std::string url);
  const std::string& url() const { return url_; }

  // Reads types and tables; a second call forgets what it knew.
  void load();

  // The table as it is now, or nothing when there is none. Table::id is 0.
  std::optional<Table> read_table(const TableName& name);

  // All tables of users as they are now, in one go, but for partitions and tables without a column.
  // Table::id is 0; these have their heirs.
  std::vector<Table> read_tables();

  // All tables of users, partitions as their root, sorted. As of load().
  const std::vector<TableName>& tables() const { return tables_; }

  // Patterns for wal2json that cover these tables. wal2json knows a partition only by its own name,
  // and new ones come any time: for a partitioned table all schemas that hold a part of it.
  // What globs may match is covered by the next wider pattern.
  std::vector<TablePattern> patterns_for(const Followed& wanted) const;

  // ColumnType::oid is the declared type's, `kind` what its base type means.
  ColumnType type(uint32_t oid) override;
  TableName root_of(std::string_view schema, std::string_view name) override;
  TableName present_root_of(std::string_view schema, std::string_view name) override;
  std::vector<Column> columns_of(std::string_view schema, std::string_view name) override;

 private:
  struct TypeRow {
    char category = 'b';  // pg_type.typtype
    std::string name;
    uint32_t base = 0;     // of a domain
    uint32_t element = 0;  // of an array; 0: of none
    char delimiter = ',';
    uint32_t bound = 0;  // of a range or multirange
    std::string shown;
  };

  // A table and the one at the top of its partitions (itself when it is none).
  struct Place {
    TableName self;
    TableName root;
    bool partitioned = false;
  };

  void keep_types(const PgResult& rows);
  void keep_tables(const PgResult& rows);
  std::vector<Table> tables_of(const PgResult& rows);
  static void add_heirs(const PgResult& rows, std::vector<Table>& tables);
  const TypeRow* type_row(uint32_t oid);
  ColumnType resolve(uint32_t oid);
  void set_parts(ColumnType& type, uint32_t element);

  std::string url_;
  std::unordered_map<uint32_t, TypeRow> type_rows_;
  std::unordered_map<uint32_t, ColumnType> types_;
  std::unordered_map<std::string, Place> places_;  // by quoted qualified name
  std::vector<TableName> tables_;
};

}  // namespace waltrack
