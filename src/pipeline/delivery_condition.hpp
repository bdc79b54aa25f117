#pragma once

#include <mutex>
#include <string>
#include <utility>

namespace waltrack {

// How delivery fares, in one line, for log and `waltrack status`: what the receiver does with
// events, and what the store does with what became of them. Any thread may call.
class DeliveryCondition {
 public:
  void set(bool flowing, std::string text) {
    const std::lock_guard lock(mutex_);
    flowing_ = flowing;
    text_ = std::move(text);
  }
  // What keeps the store from taking anything in; empty: nothing does.
  void set_store_trouble(std::string text) {
    const std::lock_guard lock(mutex_);
    store_trouble_ = std::move(text);
  }
  // The store's trouble first: while it lasts nothing is confirmed, whatever the receiver does.
  std::string text() const {
    const std::lock_guard lock(mutex_);
    if (store_trouble_.empty()) return text_;
    return flowing_ ? store_trouble_ : store_trouble_ + "; " + text_;
  }
  // False while the receiver does not take events, or the store does not.
  bool is_flowing() const {
    const std::lock_guard lock(mutex_);
    return flowing_ && store_trouble_.empty();
  }

 private:
  mutable std::mutex mutex_;
  bool flowing_ = true;              // guarded by mutex_, as all below
  std::string text_ = "delivering";  // delivery's
  std::string store_trouble_;
};

}  // namespace waltrack
