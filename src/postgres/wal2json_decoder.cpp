#include "postgres/wal2json_decoder.hpp"

#include <functional>
#include <optional>

#include "postgres/decode_fault.hpp"
#include "postgres/wal2json_timestamp.hpp"

namespace waltrack {

namespace {

Lsn position(std::string_view text, const char* missing) {
  const std::optional<Lsn> lsn = Lsn::parse(text);
  if (!lsn) throw DecodeFault(missing);
  return *lsn;
}

Lsn message_lsn(const Wal2jsonMessage& message) {
  return position(message.lsn, "no LSN (option include-lsn)");
}

}  // namespace

size_t Wal2jsonDecoder::NameHash::operator()(const NameView& name) const {
  const std::hash<std::string_view> hash;
  return hash(name.name) * 31 + hash(name.schema);
}

void Wal2jsonDecoder::feed(std::string_view message, Lsn lsn) {
  items_.start_message();
  try {
    read(reader_.read(message));
  } catch (const DecodeFault& fault) {
    items_.start_message();
    throw unreadable_message("wal2json", lsn, fault);
  }
}

void Wal2jsonDecoder::read(const Wal2jsonMessage& message) {
  switch (message.action.size() == 1 ? message.action.front() : '\0') {
    case 'B':
      return read_begin(message);
    case 'C':
      return items_.commit(message_lsn(message),
                           position(message.next_lsn, "no nextlsn (option include-lsn)"));
    case 'I':
      return read_insert(message, message_lsn(message));
    case 'U':
      return read_update(message, message_lsn(message));
    case 'D':
      return read_delete(message, message_lsn(message));
    case 'T':
      return read_truncate(message, message_lsn(message));
    case 'M':
      return read_logical_message(message);
    default:
      throw DecodeFault("an action that format version 2 does not have");
  }
}

void Wal2jsonDecoder::read_begin(const Wal2jsonMessage& message) {
  Transaction transaction;
  if (!message.xid) throw DecodeFault("no xid (option include-xids)");
  transaction.xid = *message.xid;
  const std::optional<int64_t> time_us = parse_wal2json_timestamp(message.timestamp);
  if (!time_us) throw DecodeFault("no timestamp in DateStyle ISO (option include-timestamp)");
  transaction.commit_time_us = *time_us;
  transaction.commit_lsn = message_lsn(message);
  items_.begin(transaction);
}

void Wal2jsonDecoder::read_insert(const Wal2jsonMessage& message, Lsn lsn) {
  if (!message.has_columns) throw DecodeFault("an insert without columns");
  Relation& rel = relation(message);
  place(rel, message.columns, Gaps::none, new_row_);
  items_.row(Op::insert, lsn, *rel.resolved, *rel.table, new_row_, {});
}

void Wal2jsonDecoder::read_update(const Wal2jsonMessage& message, Lsn lsn) {
  if (!message.has_columns) throw DecodeFault("an update without columns");
  if (!message.has_identity) throw DecodeFault("an update without identity");
  Relation& rel = relation(message);
  place(rel, message.columns, Gaps::stored_aside, new_row_);
  if (!place_row(message.identity, rel.table->columns, Gaps::any, old_row_)) {
    learn(rel, message.identity, Gaps::any, message.columns);
    // The identity may have told of columns that the new row left out.
    if (!place_row(message.columns, rel.table->columns, Gaps::any, new_row_) ||
        !place_row(message.identity, rel.table->columns, Gaps::any, old_row_)) {
      throw DecodeFault("an update whose columns and identity contradict each other");
    }
  }
  for (size_t i = 0; i < new_row_.size(); ++i) {
    if (new_row_[i].is_unavailable()) new_row_[i] = old_row_.at(i);
  }
  items_.row(Op::update, lsn, *rel.resolved, *rel.table, new_row_, old_row_);
}

void Wal2jsonDecoder::read_delete(const Wal2jsonMessage& message, Lsn lsn) {
  if (!message.has_identity) throw DecodeFault("a delete without identity");
  Relation& rel = relation(message);
  place(rel, message.identity, Gaps::any, old_row_);
  items_.row(Op::remove, lsn, *rel.resolved, *rel.table, {}, old_row_);
}

void Wal2jsonDecoder::read_truncate(const Wal2jsonMessage& message, Lsn lsn) {
  Relation& rel = relation(message);
  if (rel.name != rel.resolved->name) return;  // a partition: the root's own message tells of all
  if (rel.table != nullptr) return items_.truncate(lsn, *rel.resolved, *rel.table);
  // A root of partitions has no rows of its own: any layout of a partition stands for it.
  const auto& layouts = rel.resolved->layouts;
  const Table& table = layouts.empty()
                           ? registry_.layout(*rel.resolved, {}, ReplicaIdentity::key, false)
                           : *layouts.back();
  items_.truncate(lsn, *rel.resolved, table);
}

void Wal2jsonDecoder::read_logical_message(const Wal2jsonMessage& message) {
  if (!message.prefix || !message.content || !message.transactional) {
    throw DecodeFault("a logical message that lacks a part");
  }
  const Table* table = registry_.find_message_table(*message.prefix);
  new_row_.assign(1, Value::present(*message.content));
  items_.message(table, message_lsn(message), *message.transactional, new_row_);
}

Wal2jsonDecoder::Relation& Wal2jsonDecoder::relation(const Wal2jsonMessage& message) {
  if (message.schema.empty() || message.table.empty()) throw DecodeFault("a change of no table");
  const auto found = relations_.find(NameView{message.schema, message.table});
  if (found != relations_.end()) return found->second;
  const TableName name{std::string(message.schema), std::string(message.table)};
  const Relation made{&registry_.resolve(message.schema, message.table), nullptr, name};
  return relations_.emplace(name, made).first->second;
}

void Wal2jsonDecoder::place(Relation& relation, std::span<const Wal2jsonColumn> seen, Gaps gaps,
                            std::vector<Value>& row) {
  if (relation.table != nullptr && place_row(seen, relation.table->columns, gaps, row)) return;
  learn(relation, seen, gaps);
  if (!place_row(seen, relation.table->columns, gaps, row)) {
    throw DecodeFault("a column that comes twice");
  }
}

void Wal2jsonDecoder::learn(Relation& relation, std::span<const Wal2jsonColumn> seen, Gaps gaps,
                            std::span<const Wal2jsonColumn> new_row) {
  std::vector<Column> columns;
  if (gaps != Gaps::none) columns = present_columns(relation.name, seen, gaps, new_row);
  const bool whole = gaps == Gaps::none || !columns.empty();
  if (columns.empty()) {
    std::span<const Column> known;
    if (relation.table != nullptr) known = relation.table->columns;
    columns = merge_columns(seen, known, gaps, registry_);
  }
  relation.table =
      &registry_.layout(*relation.resolved, std::move(columns), ReplicaIdentity::key, whole);
}

std::vector<Column> Wal2jsonDecoder::present_columns(const TableName& name,
                                                     std::span<const Wal2jsonColumn> seen,
                                                     Gaps gaps,
                                                     std::span<const Wal2jsonColumn> new_row) {
  std::vector<Column> columns = catalog_.columns_of(name.schema, name.name);
  std::vector<Value> row;
  if (!place_row(seen, columns, gaps, row)) return {};
  if (!new_row.empty() && !place_row(new_row, columns, Gaps::stored_aside, row)) return {};
  for (Column& column : columns)
    column = registry_.column(column.name, column.type.oid, false);
  return columns;
}

}  // namespace waltrack
