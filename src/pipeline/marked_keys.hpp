#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "model/backfill.hpp"
#include "model/row_key.hpp"

namespace waltrack {

// The marks of one table's keys, see KeyMark. What a transaction changes counts at once, and can be
// taken back until commit(): after a reconnect it comes again from its start. Belongs to the
// capture thread.
class MarkedKeys {
 public:
  MarkedKeys() = default;
  explicit MarkedKeys(const KeyMarks& marks);

  bool empty() const { return skips_.empty() && stragglers_.empty() && changed_.empty(); }
  std::optional<KeyMark> find(const RowKey& key) const;

  void set(const RowKey& key, KeyMark mark) { changed_[key] = std::move(mark); }
  void erase(const RowKey& key);
  void clear();  // of all keys

  // What was changed since the last commit().
  void discard();
  // Adds it to `step`; false when there was nothing.
  bool commit(BackfillStep& step);

  // As of the last commit(), `most` at most.
  std::vector<std::pair<RowKey, KeyMark>> stragglers(size_t most) const;

 private:
  void keep(const RowKey& key, const std::optional<KeyMark>& mark);

  std::unordered_set<RowKey, RowKeyHash> skips_;
  KeyMarks stragglers_;

  std::unordered_map<RowKey, std::optional<KeyMark>, RowKeyHash> changed_;
  bool cleared_ = false;  // then skips_ and stragglers_ do not count
};

}  // namespace waltrack
