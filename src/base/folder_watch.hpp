#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace waltrack {

// Names that matter, by the folder that they are in.
using FolderNames = std::map<std::filesystem::path, std::set<std::string>>;

// Tells when something may have changed in a folder, by inotify: a file written in place, replaced
// by a rename, made or deleted; the folder itself deleted and made again; and any link on the way
// to the folder or to one of its files pointed elsewhere, as Kubernetes does with a ConfigMap. It
// may tell of what turns out to be nothing. Some file systems (network mounts) tell of no change
// that comes from elsewhere: look yourself now and then. Belongs to one thread.
class FolderWatch {
 public:
  explicit FolderWatch(std::filesystem::path folder);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  // Readable when there is something to take. -1 where the system gives no watch.
  int fd() const { return fd_; }

  // Takes what has happened; true when it concerns the folder. What changed before this returns
  // and was not told is there to be read afterwards.
  bool take();

 private:
  // What to hear of in one folder: these names, or everything.
  struct Interest {
    bool all = false;
    std::set<std::string> names;
  };

  // Where a change can happen.
  struct Places {
    std::filesystem::path folder;  // the folder, links resolved
    FolderNames way;               // what leads there
    FolderNames files;             // what the links in it lead to
    bool operator==(const Places&) const = default;
  };

  void renew();
  Places look() const;
  void watch(const std::filesystem::path& folder, uint32_t mask, const Interest& interest,
             std::map<int, Interest>& watched) const;
  bool concerns(int watch, const char* name) const;

  const std::filesystem::path folder_;  // absolute
  int fd_ = -1;
  std::map<int, Interest> watched_;
};

}  // namespace waltrack
