#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace waltrack {

// Exclusive use of a state file, by a lock on a small file beside it ("<path>-lock", which stays
// and holds the owner's process id for messages); or of another thing that one run has for itself.
// The kernel drops the lock when its owner dies, however it dies. It is an open-file-description
// lock: closing other descriptors of the process does not drop it, two owners inside one process
// exclude each other, and it can be asked about without being taken.
class StateLock {
 public:
  struct Holder {
    int pid = 0;          // 0 = not known
    int64_t beat_us = 0;  // UTC: when it took the lock, or called beat() last
  };

  // What is locked, and how messages call it.
  struct Thing {
    std::string lock_path;
    std::string path;
    std::string name;      // "state file"
    std::string settings;  // what gives a second run one of its own
  };

  // Takes the lock, or throws an Error that names the holder.
  explicit StateLock(const std::string& state_path);
  explicit StateLock(const Thing& thing);
  ~StateLock();
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;

  // Tells those who ask that its owner is well: the time of the lock file, which a full disk takes,
  // too.
  void beat() const;

  // Who holds the lock now, if anyone. Takes nothing and makes no file.
  static std::optional<Holder> holder(const std::string& state_path);

 private:
  int fd_ = -1;
};

}  // namespace waltrack
