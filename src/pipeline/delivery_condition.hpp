#pragma once

#include <mutex>
#include <string>
#include <utility>

namespace waltrack {

// How delivery fares, in one line: what the receiver does with events, and what the store does with
// what became of them. Any thread may call.
class DeliveryCondition {
 public:
  // `brief`: the same without what may repeat events' values.
  void set(bool flowing, std::string text, std::string brief) {
    const std::lock_guard lock(mutex_);
    flowing_ = flowing;
    text_ = std::move(text);
    brief_ = std::move(brief);
  }
  // What keeps the store from taking anything in; empty: nothing does.
  void set_store_trouble(std::string text) {
    const std::lock_guard lock(mutex_);
    store_trouble_ = std::move(text);
  }

  // For `waltrack status`, which reads the state file that holds the events as well. The store's
  // trouble first: while it lasts nothing is confirmed, whatever the receiver does.
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return with_store_trouble(text_);
  }
  // For log and web.
  std::string brief() const {
    const std::lock_guard lock(mutex_);
    return with_store_trouble(brief_);
  }
  // False while the receiver does not take events, or the store does not.
  bool is_flowing() const {
    const std::lock_guard lock(mutex_);
    return flowing_ && store_trouble_.empty();
  }

 private:
  std::string with_store_trouble(const std::string& text) const {
    if (store_trouble_.empty()) return text;
    return flowing_ ? store_trouble_ : store_trouble_ + "; " + text;
  }

  mutable std::mutex mutex_;
  bool flowing_ = true;              // guarded by mutex_, as all below
  std::string text_ = "delivering";  // delivery's
  std::string brief_ = "delivering";
  std::string store_trouble_;
};

}  // namespace waltrack
