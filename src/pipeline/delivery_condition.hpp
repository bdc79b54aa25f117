#pragma once

#include <mutex>
#include <string>
#include <utility>

namespace waltrack {

// How delivery fares, in one line, for log and `waltrack status`. Any thread may call.
class DeliveryCondition {
 public:
  void set(bool flowing, std::string text) {
    const std::lock_guard lock(mutex_);
    flowing_ = flowing;
    text_ = std::move(text);
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  // False while the receiver does not take events.
  bool is_flowing() const {
    const std::lock_guard lock(mutex_);
    return flowing_;
  }

 private:
  mutable std::mutex mutex_;
  bool flowing_ = true;              // guarded by mutex_
  std::string text_ = "delivering";  // guarded by mutex_
};

}  // namespace waltrack
