#pragma once

#include <mutex>
#include <string>
#include <utility>

namespace waltrack {

// How delivery fares, in one line. Any thread may call.
class DeliveryCondition {
 public:
  // `brief`: the same without what may repeat events' values.
  void set(bool flowing, std::string text, std::string brief) {
    const std::lock_guard lock(mutex_);
    flowing_ = flowing;
    text_ = std::move(text);
    brief_ = std::move(brief);
  }
  // For `waltrack status`, which reads the state file that holds the events as well.
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  // For log and web.
  std::string brief() const {
    const std::lock_guard lock(mutex_);
    return brief_;
  }
  // False while the receiver does not take events.
  bool is_flowing() const {
    const std::lock_guard lock(mutex_);
    return flowing_;
  }

 private:
  mutable std::mutex mutex_;
  bool flowing_ = true;               // guarded by mutex_
  std::string text_ = "delivering";   // guarded by mutex_
  std::string brief_ = "delivering";  // guarded by mutex_
};

}  // namespace waltrack
