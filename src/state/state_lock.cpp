#include "state/state_lock.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"

namespace waltrack {
namespace {

std::string lock_path(const std::string& state_path) {
  return state_path + "-lock";
}

struct flock whole_file(short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

StateLock::Holder read_holder(int fd) {
  char text[16] = {};
  const ssize_t length = pread(fd, text, sizeof text - 1, 0);
  StateLock::Holder holder{length > 0 ? std::atoi(text) : 0};
  struct stat file = {};
  if (fstat(fd, &file) == 0) {
    holder.beat_us = int64_t{1'000'000} * file.st_mtim.tv_sec + file.st_mtim.tv_nsec / 1000;
  }
  return holder;
}

Error in_use(const StateLock::Thing& thing, const StateLock::Holder& holder) {
  const std::string who =
      holder.pid > 0 ? "process " + std::to_string(holder.pid) : std::string("another process");
  return Error(ErrorKind::failure, "the " + thing.name + " is in use by " + who, thing.path,
               "one " + thing.name +
                   " serves one `waltrack run`: stop the other one, or give "
                   "this one " +
                   thing.settings + " of its own");
}

}  // namespace

StateLock::StateLock(const std::string& state_path)
    : StateLock(Thing{lock_path(state_path), state_path, "state file",
                      "a `state:` and a `source.slot:`"}) {}

StateLock::StateLock(const Thing& thing) {
  fd_ = open(thing.lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) {
    throw Error(ErrorKind::failure,
                "cannot make the lock file of the " + thing.name + ": " + std::strerror(errno),
                thing.lock_path,
                "the user that runs waltrack must be able to write to this folder");
  }
  struct flock lock = whole_file(F_WRLCK);
  if (fcntl(fd_, F_OFD_SETLK, &lock) != 0) {
    const int reason = errno;
    const Holder holder = read_holder(fd_);
    close(fd_);
    if (reason == EAGAIN || reason == EACCES) throw in_use(thing, holder);
    throw Error(ErrorKind::failure, "cannot lock the " + thing.name + ": " + std::strerror(reason),
                thing.path, "put the " + thing.name + " on a local disk");
  }
  // Only for messages: a process id that could not be written is merely not told.
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(fd_, 0) != 0 || pwrite(fd_, pid.data(), pid.size(), 0) < 0) return;
}

StateLock::~StateLock() {
  close(fd_);
}

void StateLock::beat() const {
  futimens(fd_, nullptr);
}

std::optional<StateLock::Holder> StateLock::holder(const std::string& state_path) {
  const int fd = open(lock_path(state_path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  struct flock lock = whole_file(F_RDLCK);
  std::optional<Holder> found;
  if (fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) found = read_holder(fd);
  close(fd);
  return found;
}

}  // namespace waltrack
