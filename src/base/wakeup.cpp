#include "base/wakeup.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.hpp"

namespace waltrack {

Wakeup::Wakeup() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) {
    throw Error(ErrorKind::failure, std::string("no event descriptor: ") + std::strerror(errno), {},
                "raise the limit on open files (ulimit -n)");
  }
}

Wakeup::~Wakeup() {
  close(fd_);
}

void Wakeup::wake() const {
  const uint64_t one = 1;
  // Fails only when the counter is full, and then the sleeper wakes anyway.
  [[maybe_unused]] const ssize_t written = write(fd_, &one, sizeof one);
}

bool Wakeup::drain() const {
  uint64_t count = 0;
  return read(fd_, &count, sizeof count) == sizeof count;
}

}  // namespace waltrack
