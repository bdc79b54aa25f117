#include "state/watched_syncs.hpp"

#include <cerrno>
#include <filesystem>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace waltrack {

WatchedSyncs watched_syncs;

namespace {

int sync(const char* call, long number, int fd) {
  WatchedSyncs& syncs = watched_syncs;
  if (syncs.watched) {
    const auto link = std::filesystem::path("/proc/self/fd") / std::to_string(fd);
    const std::string name = std::filesystem::read_symlink(link).filename();
    syncs.called.push_back(call + (" " + name));
    if (syncs.fail_with != 0 && name.ends_with(".spool")) {
      errno = std::exchange(syncs.fail_with, 0);
      return -1;
    }
  }
  return syncs.skipped ? 0 : static_cast<int>(syscall(number, fd));
}

}  // namespace
}  // namespace waltrack

extern "C" int fdatasync(int fd) {
  return waltrack::sync("fdatasync", SYS_fdatasync, fd);
}

extern "C" int fsync(int fd) {
  return waltrack::sync("fsync", SYS_fsync, fd);
}

extern "C" int ftruncate(int fd, off_t bytes) noexcept {
  if (!waltrack::watched_syncs.truncate_fails)
    return static_cast<int>(syscall(SYS_ftruncate, fd, bytes));
  errno = EIO;
  return -1;
}
