#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/lsn.hpp"
#include "model/table.hpp"
#include "postgres/catalog_lookup.hpp"

namespace waltrack {

// Counts the rows of one resolved table at one LSN within one transaction; whatever other tables do
// in between does not matter.
class RowCounter {
 public:
  // 0, 1, 2, … as long as neither `transaction` nor `lsn` changes.
  uint32_t next_row(uint64_t transaction, Lsn lsn);

  // Whether this is the first TRUNCATE of the table at this LSN: its partitions and itself are one.
  bool first_truncate(uint64_t transaction, Lsn lsn);

 private:
  struct Place {
    uint64_t transaction = 0;
    Lsn lsn;
    bool operator==(const Place&) const = default;
  };
  Place rows_;
  Place truncate_;
  uint32_t next_ = 0;
};

// A table as the rest of the program knows it (partitions as their root): its count of rows and
// every layout that was seen of it or of its partitions.
struct ResolvedTable {
  TableName name;
  RowCounter counter;
  std::vector<std::unique_ptr<const Table>> layouts;
};

// Owns the tables of one decoder. What it hands out lives as long as it does. Asking it is slow
// (memory, the catalog): a decoder does so when a table or a layout is new, not per row.
class TableRegistry {
 public:
  // `message_prefixes`: of the logical messages that are followed.
  explicit TableRegistry(CatalogLookup& catalog,
                         std::span<const std::string> message_prefixes = {});

  ResolvedTable& resolve(std::string_view schema, std::string_view name);
  // The same, but the catalog is asked anew.
  ResolvedTable& resolve_anew(std::string_view schema, std::string_view name);

  // The Table with just this layout: one that was seen before, else a new one with a new id.
  // Columns are compared by name, type OID and key. `whole`: see Table; one that is may stand for
  // one that need not be.
  const Table& layout(ResolvedTable& resolved, std::vector<Column> columns,
                      ReplicaIdentity replica_identity, bool whole = true);

  Column column(std::string_view name, uint32_t type_oid, bool key);

  // The table that stands for the messages of this prefix, or null when they are not followed.
  // Quick.
  const Table* find_message_table(std::string_view prefix) const;

 private:
  ResolvedTable& resolved(TableName root);

  CatalogLookup& catalog_;
  std::map<std::pair<std::string, std::string>, ResolvedTable> tables_;
  std::map<std::string, Table, std::less<>> message_tables_;  // by prefix
};

}  // namespace waltrack
