#include "postgres/pgoutput_decoder.hpp"

#include <limits>

#include "postgres/message_text.hpp"

namespace waltrack {

namespace {

// The clock of the protocol counts from 2000-01-01.
constexpr int64_t kPostgresEpochUs = 946'684'800'000'000;

// A message buffer that grew beyond this is given back when a smaller message comes.
constexpr size_t kKeptBytes = 4 << 20;

void give_back(std::string& buffer) {
  if (buffer.capacity() > kKeptBytes) std::string().swap(buffer);
}

ReplicaIdentity replica_identity(char letter) {
  switch (letter) {
    case 'd':
      return ReplicaIdentity::key;
    case 'i':
      return ReplicaIdentity::index;
    case 'f':
      return ReplicaIdentity::full;
    case 'n':
      return ReplicaIdentity::nothing;
    default:
      throw DecodeFault("an unknown replica identity");
  }
}

}  // namespace

void PgoutputDecoder::feed(std::string_view message, Lsn lsn) {
  items_.start_message();
  give_back(content_);
  if (message.size() <= kKeptBytes) give_back(message_);
  message_.assign(message);
  ByteReader in(message_);
  try {
    read(in, lsn);
  } catch (const DecodeFault& fault) {
    items_.start_message();
    throw unreadable_message("pgoutput", lsn, fault);
  }
}

void PgoutputDecoder::read(ByteReader& in, Lsn lsn) {
  switch (in.letter()) {
    case 'B':
      read_begin(in);
      break;
    case 'C':
      read_commit(in);
      break;
    case 'R':
      read_relation(in);
      break;
    case 'I':
      read_insert(in, lsn);
      break;
    case 'U':
      read_update(in, lsn);
      break;
    case 'D':
      read_delete(in, lsn);
      break;
    case 'T':
      read_truncate(in, lsn);
      break;
    case 'M':
      read_message(in);
      break;
    case 'O':
    case 'Y':
      return;
    default:
      throw DecodeFault("a kind of message that protocol version 1 does not have");
  }
  if (!in.at_end()) throw DecodeFault("it goes on after its end");
}

void PgoutputDecoder::read_begin(ByteReader& in) {
  Transaction transaction;
  transaction.commit_lsn = Lsn{in.u64()};
  const int64_t time_us = in.i64();
  if (time_us > std::numeric_limits<int64_t>::max() - kPostgresEpochUs) {
    throw DecodeFault("a commit time out of range");
  }
  transaction.commit_time_us = time_us + kPostgresEpochUs;
  transaction.xid = in.u32();
  items_.begin(transaction);
}

void PgoutputDecoder::read_commit(ByteReader& in) {
  in.u8();  // flags, unused
  const Lsn commit_lsn{in.u64()};
  const Lsn end_lsn{in.u64()};
  in.i64();  // commit time, as in the begin
  items_.commit(commit_lsn, end_lsn);
}

void PgoutputDecoder::read_relation(ByteReader& in) {
  const uint32_t id = in.u32();
  std::string_view schema = in.zero_ended();
  if (schema.empty()) schema = "pg_catalog";
  const std::string_view name = in.zero_ended();
  const ReplicaIdentity identity = replica_identity(in.letter());
  const uint16_t count = in.u16();
  std::vector<Column> columns;
  for (uint16_t i = 0; i < count; ++i) {
    const bool key = (in.u8() & 1) != 0;
    const std::string_view column = in.zero_ended();
    const uint32_t type_oid = in.u32();
    in.u32();  // type modifier
    columns.push_back(registry_.column(column, type_oid, key));
  }
  relations_[id] = Relation{.name = {std::string(schema), std::string(name)},
                            .columns = std::move(columns),
                            .identity = identity};
}

// A publication of ours tells changes as the root's. So what has one under another name is a
// partition no more, or somebody changed the publication.
void PgoutputDecoder::resolve(Relation& relation) {
  const auto& [schema, name] = relation.name;
  relation.resolved = &registry_.resolve(schema, name);
  if (relation.resolved->name != relation.name) {
    relation.resolved = &registry_.resolve_anew(schema, name);
  }
  relation.is_root = relation.resolved->name == relation.name;
  relation.table =
      &registry_.layout(*relation.resolved, std::move(relation.columns), relation.identity);
}

void PgoutputDecoder::read_insert(ByteReader& in, Lsn lsn) {
  const Relation& rel = relation(in.u32());
  if (in.letter() != 'N') throw DecodeFault("an insert without a new row");
  read_tuple(in, *rel.table, new_row_);
  items_.row(Op::insert, lsn, *rel.resolved, *rel.table, new_row_, {});
}

void PgoutputDecoder::read_update(ByteReader& in, Lsn lsn) {
  const Relation& rel = relation(in.u32());
  const auto& columns = rel.table->columns;
  char kind = in.letter();
  const bool has_old = kind != 'N';
  if (has_old) {
    read_old_tuple(in, kind, *rel.table);
    kind = in.letter();
  }
  if (kind != 'N') throw DecodeFault("an update without a new row");
  read_tuple(in, *rel.table, new_row_);
  if (has_old) {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (new_row_.at(i).is_unavailable()) new_row_.at(i) = old_row_.at(i);
    }
  } else {
    // Without an old row the key did not change.
    old_row_.assign(columns.size(), Value{});
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].key) old_row_.at(i) = new_row_.at(i);
    }
  }
  items_.row(Op::update, lsn, *rel.resolved, *rel.table, new_row_, old_row_);
}

void PgoutputDecoder::read_delete(ByteReader& in, Lsn lsn) {
  const Relation& rel = relation(in.u32());
  read_old_tuple(in, in.letter(), *rel.table);
  items_.row(Op::remove, lsn, *rel.resolved, *rel.table, {}, old_row_);
}

void PgoutputDecoder::read_truncate(ByteReader& in, Lsn lsn) {
  const uint32_t count = in.u32();
  in.u8();  // options: CASCADE, RESTART IDENTITY
  for (uint32_t i = 0; i < count; ++i) {
    const Relation& rel = relation(in.u32());
    if (rel.is_root) items_.truncate(lsn, *rel.resolved, *rel.table);
  }
}

void PgoutputDecoder::read_message(ByteReader& in) {
  const bool transactional = (in.u8() & 1) != 0;
  const Lsn lsn{in.u64()};
  const Table* table = registry_.find_message_table(in.zero_ended());
  const std::string_view content = in.bytes(in.u32());
  new_row_.clear();
  if (table != nullptr) new_row_.push_back(Value::present(message_text(content, content_)));
  items_.message(table, lsn, transactional, new_row_);
}

const PgoutputDecoder::Relation& PgoutputDecoder::relation(uint32_t id) {
  const auto found = relations_.find(id);
  if (found == relations_.end()) throw DecodeFault("a change of a table that was not announced");
  if (found->second.table == nullptr) resolve(found->second);
  return found->second;
}

void PgoutputDecoder::read_tuple(ByteReader& in, const Table& table, std::vector<Value>& row) {
  if (in.u16() != table.columns.size()) {
    throw DecodeFault("a row with another number of columns than its table");
  }
  row.assign(table.columns.size(), Value{});
  for (size_t i = 0; i < row.size(); ++i) {
    Value& value = row[i];
    switch (in.letter()) {
      case 'n':
        value = Value::null();
        break;
      case 'u':
        break;
      case 't': {
        std::string_view text = in.bytes(in.u32());
        if (table.columns[i].type.kind == ValueKind::bytea && text.starts_with("\\x")) {
          text.remove_prefix(2);
        }
        value = Value::present(text);
        break;
      }
      case 'b':
        throw DecodeFault("a binary value, which was not asked for");
      default:
        throw DecodeFault("an unknown kind of value");
    }
  }
}

void PgoutputDecoder::read_old_tuple(ByteReader& in, char kind, const Table& table) {
  if (kind != 'K' && kind != 'O') throw DecodeFault("an unknown kind of old row");
  read_tuple(in, table, old_row_);
  if (kind == 'O') return;
  // A key row says null for every other column, which only means that it is not known.
  for (size_t i = 0; i < old_row_.size(); ++i) {
    if (!table.columns[i].key) old_row_[i] = Value{};
  }
}

}  // namespace waltrack
