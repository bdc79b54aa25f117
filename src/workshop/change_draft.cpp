#include "workshop/change_draft.hpp"

#include <utility>

namespace waltrack {
namespace {

Value value_of(const std::optional<std::string>& text) {
  return text ? Value::present(*text) : Value::null();
}

}  // namespace

ChangeDraft::ChangeDraft(const Table& table, Op op, Row before, Row after, int64_t time_us)
    : before_(std::move(before)), after_(std::move(after)) {
  change_.op = op;
  change_.table = &table;
  if (op == Op::backfill) {  // no transaction wrote it
    transaction_.clock_us = time_us;
  } else {
    transaction_.xid = 1;
    transaction_.commit_time_us = time_us;
    transaction_.commit_lsn = Lsn{0x1000100};
    change_.lsn = Lsn{0x1000000};
  }
  for (const auto& text : after_)
    new_.push_back(value_of(text));
  change_.new_row = new_;
  deliver_old_row();
}

// Without a whole old row an update says the old key only where it changed.
bool ChangeDraft::key_changed() const {
  const std::vector<Column>& columns = change_.table->columns;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].key && before_[i] != after_[i]) return true;
  }
  return false;
}

void ChangeDraft::deliver_old_row() {
  if (before_.empty()) return;
  const bool whole = change_.table->replica_identity == ReplicaIdentity::full;
  if (!whole && change_.op == Op::update && !key_changed()) return;
  for (size_t i = 0; i < before_.size(); ++i) {
    const bool sent = whole || change_.table->columns[i].key;
    old_.push_back(sent ? value_of(before_[i]) : Value{});
  }
  change_.old_row = old_;
}

}  // namespace waltrack
