#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "postgres/byte_reader.hpp"
#include "postgres/catalog_lookup.hpp"
#include "postgres/decoder.hpp"
#include "postgres/table_registry.hpp"
#include "postgres/transaction_items.hpp"

namespace waltrack {

// Reads pgoutput's binary messages, protocol version 1 (Postgres' documentation, "Logical
// Replication Message Formats"): no streamed or prepared transactions, no binary values. Origins
// are skipped; logical messages of other prefixes than those that are followed make no change.
// Generated columns are not in the stream (before Postgres 18). A TRUNCATE of a partition is not
// one of its root, and makes no change.
class PgoutputDecoder final : public Decoder {
 public:
  // `catalog` must outlive the decoder.
  explicit PgoutputDecoder(CatalogLookup& catalog,
                           std::span<const std::string> message_prefixes = {})
      : registry_(catalog, message_prefixes) {}

  void feed(std::string_view message, Lsn lsn) override;
  bool next(StreamItem& item) override { return items_.next(item); }

 private:
  // As it was announced, and from its first change on what it means. Partitions are announced, too,
  // where all their changes are told as the root's.
  struct Relation {
    TableName name;
    std::vector<Column> columns;
    ReplicaIdentity identity = ReplicaIdentity::key;

    ResolvedTable* resolved = nullptr;
    const Table* table = nullptr;
    bool is_root = true;  // false: a partition, told by its own name
  };

  void read(ByteReader& in, Lsn lsn);
  void read_begin(ByteReader& in);
  void read_commit(ByteReader& in);
  void read_relation(ByteReader& in);
  void read_insert(ByteReader& in, Lsn lsn);
  void read_update(ByteReader& in, Lsn lsn);
  void read_delete(ByteReader& in, Lsn lsn);
  void read_truncate(ByteReader& in, Lsn lsn);
  void read_message(ByteReader& in);

  const Relation& relation(uint32_t id);
  void resolve(Relation& relation);
  static void read_tuple(ByteReader& in, const Table& table, std::vector<Value>& row);
  void read_old_tuple(ByteReader& in, char kind, const Table& table);

  TableRegistry registry_;
  TransactionItems items_;
  std::unordered_map<uint32_t, Relation> relations_;  // by OID, as Relation messages told
  std::string message_;                               // what the rows' views point into
  std::string content_;                               // of a logical message that had to be mended
  std::vector<Value> new_row_;
  std::vector<Value> old_row_;
};

}  // namespace waltrack
