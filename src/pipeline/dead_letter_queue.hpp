#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "model/progress.hpp"

namespace waltrack {

// Dead letters on their way to the state file, each with its number in the ledger: an event counts
// as finished only once its letter is on disk. Any thread may call.
class DeadLetterQueue {
 public:
  struct Item {
    uint64_t sequence = 0;
    DeadLetter letter;
    bool spooled = false;  // its number is the spool's
  };

  void push(std::vector<Item> items) {
    const std::lock_guard lock(mutex_);
    for (Item& item : items) {
      bytes_ += cost(item);
      items_.push_back(std::move(item));
    }
  }

  std::vector<Item> take_all() {
    const std::lock_guard lock(mutex_);
    bytes_ = 0;
    return std::exchange(items_, {});
  }

  // Letters of spooled events that are on the disk now, for whoever keeps the spool.
  void note_stored(std::span<const uint64_t> spooled) {
    const std::lock_guard lock(mutex_);
    stored_.insert(stored_.end(), spooled.begin(), spooled.end());
  }
  std::vector<uint64_t> take_stored() {
    const std::lock_guard lock(mutex_);
    return std::exchange(stored_, {});
  }

  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  static size_t cost(const Item& item) {
    return sizeof item + item.letter.position.table.size() + item.letter.position.rule.size() +
           item.letter.detail.size() + item.letter.payload.size() + item.letter.answer.size() +
           item.letter.row_key.size();
  }

  std::mutex mutex_;
  std::vector<Item> items_;       // guarded by mutex_
  std::vector<uint64_t> stored_;  // guarded by mutex_
  std::atomic<size_t> bytes_ = 0;
};

}  // namespace waltrack
