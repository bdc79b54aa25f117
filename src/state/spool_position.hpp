#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "state/open_file.hpp"

namespace waltrack {

// The small file that remembers up to where a spool is released. To lose it costs repetition only,
// so it is told to the disk without waiting, and its failures are warnings.
class SpoolPosition {
 public:
  // Makes the file when it isn't there; throws an Error when it cannot.
  explicit SpoolPosition(const std::filesystem::path& folder);

  // What the file said when it was opened; nothing when it was new, torn or damaged.
  std::optional<uint64_t> stored() const { return stored_; }

  void write(uint64_t released);

  // What was written is on the disk afterwards, before segments go whose absence it explains.
  void sync();

 private:
  void told(int problem);

  std::filesystem::path path_;
  OpenFile file_;
  std::optional<uint64_t> stored_;
  bool failing_ = false;  // and the log knows
};

}  // namespace waltrack
