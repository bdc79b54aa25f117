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
