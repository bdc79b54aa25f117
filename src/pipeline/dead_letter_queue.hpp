#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/message_id.hpp"
#include "model/progress.hpp"
#include "pipeline/event_fates.hpp"

namespace waltrack {

// Dead letters on their way to the state file, each with its number in the ledger: an event counts
// as finished only once its letter is on disk. Any thread may call.
class DeadLetterQueue {
 public:
  struct Item {
    uint64_t sequence = 0;
    DeadLetter letter;
    bool spooled = false;  // its number is the spool's

    // What it takes in memory.
    size_t bytes() const {
      return sizeof *this + letter.position.table.size() + letter.position.rule.size() +
             letter.detail.size() + letter.payload.size() + letter.answer.size() +
             letter.row_key.size();
    }
  };

  void push(std::vector<Item> items) {
    const std::lock_guard lock(mutex_);
    for (Item& item : items) {
      bytes_ += item.bytes();
      items_.push_back(std::move(item));
    }
  }

  // One whose event the receiver has refused.
  void push_refused(Item item, std::string payload, const Refusal& why) {
    item.letter.message_id = message_id_of(payload);
    item.letter.payload = std::move(payload);
    item.letter.answer = why.answer;
    std::vector<Item> items;
    items.push_back(std::move(item));
    push(std::move(items));
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
  std::mutex mutex_;
  std::vector<Item> items_;       // guarded by mutex_
  std::vector<uint64_t> stored_;  // guarded by mutex_
  std::atomic<size_t> bytes_ = 0;
};

}  // namespace waltrack
