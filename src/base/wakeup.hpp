#pragma once

namespace waltrack {

// An eventfd: one thread sleeps in poll() on fd(), any thread or signal handler wakes it. A wake
// that comes while nobody sleeps is kept until drain().
class Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  int fd() const { return fd_; }
  void wake() const;
  bool drain() const;  // whether there was a wake

 private:
  int fd_;
};

}  // namespace waltrack
