#pragma once

#include <string>
#include <vector>

namespace waltrack {

// The fdatasync(), fsync() and ftruncate() of this binary, which stand before the C library's.
struct WatchedSyncs {
  bool watched = false;
  bool skipped = false;  // nothing goes to the disk: for those who open a thousand files
  int fail_with = 0;     // errno of the next fdatasync of a spool's segment
  bool truncate_fails = false;
  std::vector<std::string> called;  // while watched: "fdatasync NAME", "fsync NAME"
};
extern WatchedSyncs watched_syncs;

}  // namespace waltrack
