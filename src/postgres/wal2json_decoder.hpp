#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "postgres/catalog_lookup.hpp"
#include "postgres/decoder.hpp"
#include "postgres/table_registry.hpp"
#include "postgres/transaction_items.hpp"
#include "postgres/wal2json_layout.hpp"
#include "postgres/wal2json_reader.hpp"

namespace waltrack {

// Reads wal2json's messages of format version 2, made with include-xids, include-timestamp,
// include-lsn and, where the plugin has it, include-type-oids; numbers may come bare or as strings.
// Logical messages of other prefixes than those that are followed make no change. Of a content with
// a zero byte wal2json tells only what stands before it.
//
// The stream names the columns of each row and nothing more, so a table's layout is learnt: an
// insert has all columns. An update leaves out unchanged TOAST, a delete all but the replica
// identity: where what they name fits the columns that the table has now, it has those. Where it
// does not, the stream is behind a later change of the table, and what the row leaves out stays as
// it was before: such a layout is not Table::whole, and a dropped column of a type that can be
// TOASTed is unavailable in it until the next insert. Column::key and Table::replica_identity are
// not told and keep their defaults. A TRUNCATE of a partition is not one of its root, and makes no
// change. NaN and infinite numbers come as null unless the plugin was asked for numbers as strings.
class Wal2jsonDecoder final : public Decoder {
 public:
  // `catalog` must outlive the decoder.
  explicit Wal2jsonDecoder(CatalogLookup& catalog,
                           std::span<const std::string> message_prefixes = {})
      : catalog_(catalog), registry_(catalog, message_prefixes) {}

  void feed(std::string_view message, Lsn lsn) override;
  bool next(StreamItem& item) override { return items_.next(item); }

 private:
  // A relation as the stream names it: a table or a partition.
  struct Relation {
    ResolvedTable* resolved = nullptr;
    const Table* table = nullptr;  // its layout; null until one was seen
    TableName name;                // its own
  };
  struct NameView {
    std::string_view schema;
    std::string_view name;
  };
  struct NameHash {
    using is_transparent = void;
    size_t operator()(const NameView& name) const;
    size_t operator()(const TableName& name) const {
      return (*this)(NameView{name.schema, name.name});
    }
  };
  struct NameEqual {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return a.name == b.name && a.schema == b.schema;
    }
  };

  void read(const Wal2jsonMessage& message);
  void read_begin(const Wal2jsonMessage& message);
  void read_insert(const Wal2jsonMessage& message, Lsn lsn);
  void read_update(const Wal2jsonMessage& message, Lsn lsn);
  void read_delete(const Wal2jsonMessage& message, Lsn lsn);
  void read_truncate(const Wal2jsonMessage& message, Lsn lsn);
  void read_logical_message(const Wal2jsonMessage& message);

  Relation& relation(const Wal2jsonMessage& message);
  // Fills `row`, learning the relation's layout anew when it is not the one that is known.
  void place(Relation& relation, std::span<const Wal2jsonColumn> seen, Gaps gaps,
             std::vector<Value>& row);
  // `new_row`: the same message's columns, where `seen` is its identity.
  void learn(Relation& relation, std::span<const Wal2jsonColumn> seen, Gaps gaps,
             std::span<const Wal2jsonColumn> new_row = {});
  // The columns that the table has now, when the message can be of a table with just these.
  std::vector<Column> present_columns(const TableName& name, std::span<const Wal2jsonColumn> seen,
                                      Gaps gaps, std::span<const Wal2jsonColumn> new_row);

  CatalogLookup& catalog_;
  TableRegistry registry_;
  TransactionItems items_;
  Wal2jsonReader reader_;
  std::unordered_map<TableName, Relation, NameHash, NameEqual> relations_;
  std::vector<Value> new_row_;
  std::vector<Value> old_row_;
};

}  // namespace waltrack
