#include "postgres/transaction_items.hpp"

#include "postgres/decode_fault.hpp"

namespace waltrack {

void TransactionItems::start_message() {
  items_.clear();
  next_ = 0;
}

void TransactionItems::begin(const Transaction& transaction) {
  if (open_) throw DecodeFault("a transaction begins inside of another");
  open_ = true;
  ++sequence_;
  transaction_ = transaction;
  add(StreamItem::Kind::begin);
}

void TransactionItems::commit(Lsn commit_lsn, Lsn end_lsn) {
  if (!open_) throw DecodeFault("a commit without a begin");
  if (commit_lsn != transaction_.commit_lsn) throw DecodeFault("a commit of another transaction");
  if (end_lsn < commit_lsn) throw DecodeFault("a commit that ends before it begins");
  open_ = false;
  add(StreamItem::Kind::commit).end_lsn = end_lsn;
}

void TransactionItems::row(Op op, Lsn lsn, ResolvedTable& resolved, const Table& table,
                           std::span<const Value> new_row, std::span<const Value> old_row) {
  expect_open();
  Change& change = add(StreamItem::Kind::change).change;
  change.op = op;
  change.table = &table;
  change.lsn = lsn;
  change.ordinal = resolved.counter.next_row(sequence_, lsn);
  change.new_row = new_row;
  change.old_row = old_row;
}

void TransactionItems::truncate(Lsn lsn, ResolvedTable& resolved, const Table& table) {
  expect_open();
  if (!resolved.counter.first_truncate(sequence_, lsn)) return;
  Change& change = add(StreamItem::Kind::change).change;
  change.op = Op::truncate;
  change.table = &table;
  change.lsn = lsn;
}

void TransactionItems::message(const Table* table, Lsn lsn, bool transactional,
                               std::span<const Value> row) {
  if (lsn.is_none()) throw DecodeFault("a logical message without an LSN");
  // The server skips such a message, as it skips a commit, when its record starts before the
  // confirmed position, and sends both in the order of the WAL. So the record's end may be
  // confirmed for it, and a place inside of the record is its commit_lsn: behind all commits that
  // were sent before, before all that come later, and never one of theirs, as records start at
  // multiples of 8.
  if (!transactional) begin({0, 0, Lsn{lsn.value - 1}});
  expect_open();
  if (table != nullptr) {
    Change& change = add(StreamItem::Kind::change).change;
    change.op = Op::message;
    change.table = table;
    change.lsn = lsn;
    change.new_row = row;
  }
  if (!transactional) commit(transaction_.commit_lsn, lsn);
}

bool TransactionItems::next(StreamItem& item) {
  if (next_ == items_.size()) return false;
  item = items_[next_++];
  return true;
}

StreamItem& TransactionItems::add(StreamItem::Kind kind) {
  StreamItem& item = items_.emplace_back();
  item.kind = kind;
  item.transaction = transaction_;
  return item;
}

void TransactionItems::expect_open() const {
  if (!open_) throw DecodeFault("a change outside of a transaction");
}

}  // namespace waltrack
