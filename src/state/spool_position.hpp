#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "state/open_file.hpp"
#include "state/spool_format.hpp"

namespace waltrack {

// The small file that remembers up to where a spool is released, and how much of its last segment
// was synced. To lose it costs repetition, and that damage there looks like a torn tail; so its
// failures are warnings. What it says was synced never is more than was.
class SpoolPosition {
 public:
  // Makes the file when it isn't there; throws an Error when it cannot.
  explicit SpoolPosition(const std::filesystem::path& folder);

  // What the file said when it was opened; nothing when it was new, torn or damaged.
  const std::optional<SpoolMarks>& stored() const { return stored_; }

  // All events below are done. The disk is told without waiting.
  void release(uint64_t number);

  // So much of the last segment is on the disk; so is this, afterwards.
  void synced(uint64_t segment, uint64_t bytes);

  // What was written is on the disk afterwards, before segments go whose absence it explains.
  void sync();

 private:
  void told(int problem);

  std::filesystem::path path_;
  OpenFile file_;
  std::optional<SpoolMarks> stored_;
  SpoolMarks marks_;
  bool failing_ = false;  // and the log knows
};

}  // namespace waltrack
