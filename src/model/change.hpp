#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/lsn.hpp"
#include "model/table.hpp"

namespace waltrack {

// A column's value as Postgres' text output for its type (DateStyle ISO, TimeZone UTC,
// IntervalStyle iso_8601, bytea_output hex), the same with every plugin: a bool is 't' or 'f', a
// bytea is bare hex digits without `\x`. Unavailable is neither a value nor null: the server did
// not send the column (unchanged TOAST, all but the key in an old row without REPLICA IDENTITY
// FULL). `text` is a view into the decoder's buffers: valid until the decoder reads the next
// message.
struct Value {
  enum class State : uint8_t { unavailable, null, present };

  State state = State::unavailable;
  std::string_view text;

  bool is_present() const { return state == State::present; }
  bool is_null() const { return state == State::null; }
  bool is_unavailable() const { return state == State::unavailable; }

  static Value null() { return {State::null, {}}; }
  static Value present(std::string_view text) { return {State::present, text}; }
};

// `message` is a pg_logical_emit_message(): its "row" is new_row with the one column of
// message_table().
enum class Op : uint8_t { insert, update, remove, truncate, backfill, message };

// "insert", "update", "delete", "truncate", "backfill", "message": the words of the mapping
// language.
constexpr std::string_view op_name(Op op) {
  switch (op) {
    case Op::insert:
      return "insert";
    case Op::update:
      return "update";
    case Op::remove:
      return "delete";
    case Op::truncate:
      return "truncate";
    case Op::backfill:
      return "backfill";
    case Op::message:
      return "message";
  }
  return "insert";
}

struct Transaction {
  uint32_t xid = 0;
  int64_t commit_time_us = 0;  // microseconds since 1970-01-01 UTC; 0 = none, see below
  Lsn commit_lsn;              // start of the commit record: the transaction's name in the WAL

  // What now() is to the expressions of a backfilled row, which no transaction wrote: the same each
  // time the row is read. 0: the commit time, or else the wall's clock.
  int64_t clock_us = 0;

  // A non-transactional message belongs to no transaction: it comes as one of its own, with xid 0,
  // without a commit time, and with a position inside of its own WAL record as the commit_lsn.
  bool has_commit_time() const { return commit_time_us != 0; }
};

// One row that a committed transaction changed. Everything is a view: valid until the decoder reads
// the next message, the table as long as the decoder.
struct Change {
  Op op = Op::insert;
  const Table* table = nullptr;
  Lsn lsn;  // of the row's WAL record, several may share it; a message: its record's end
  uint32_t ordinal = 0;  // counts the rows of this table (partitions as their root) at this lsn
  // Each either empty or one value per column of the table.
  std::span<const Value> new_row;  // insert, update, backfill, message
  std::span<const Value> old_row;  // update, remove: what the replica identity delivers
  std::string_view key{};  // backfill: what tells the row from others of its table, see RowKey
  // update: the row may not have been told before, so that an event which says no more than its old
  // row did must be made, too, and in full.
  bool tell_all = false;
};

}  // namespace waltrack
