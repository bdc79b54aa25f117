#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/change.hpp"
#include "model/table.hpp"

namespace waltrack {

// A change that no server sent, made of whole rows, with that of them which a server would deliver:
// of an old row the key alone, unless the table has REPLICA IDENTITY FULL. Owns its values; `table`
// must outlive it.
class ChangeDraft {
 public:
  // Each column's text as Value has it, or nothing for null.
  using Row = std::vector<std::optional<std::string>>;

  // `before` for update and delete, `after` for all but delete and truncate; else they are empty.
  // `time_us` is that of the commit; of a row to backfill, which has none, that of the backfill. It
  // has no key either, so that its messageIds are not those that a backfill would give it.
  ChangeDraft(const Table& table, Op op, Row before, Row after, int64_t time_us);
  ChangeDraft(const ChangeDraft&) = delete;
  ChangeDraft& operator=(const ChangeDraft&) = delete;

  const Change& change() const { return change_; }
  const Transaction& transaction() const { return transaction_; }

 private:
  bool key_changed() const;
  void deliver_old_row();

  const Row before_;
  const Row after_;
  std::vector<Value> old_;
  std::vector<Value> new_;
  Change change_;
  Transaction transaction_;
};

}  // namespace waltrack
