#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "state/open_file.hpp"
#include "state/spool_format.hpp"
#include "state/spool_reader.hpp"

namespace waltrack {

// One file of the spool: a header and the records of consecutive events.
class SpoolSegment {
 public:
  // Makes an empty one. It is on the disk, under its name, when this returns; before that no file
  // has its name, so a segment without a whole header does not come from a crash.
  static SpoolSegment make(const std::filesystem::path& folder, const SpoolHeader& header);

  // One that is there, or nothing when the file is too short for an event. It has no events until
  // check(). Throws an Error when it is no segment, or not of this name.
  static std::optional<SpoolSegment> open(const std::filesystem::path& path);

  // Goes through the records of an opened segment, up to the event `before`. The good ones are its
  // events; returns how many bytes of the file lie behind them.
  uint64_t check(uint64_t before);

  // Copies what lies behind the events to another file. False when the disk does not take it; then
  // there is no such file.
  bool keep_tail(const std::filesystem::path& copy);

  // Removes what lies behind the events. They, and that, are on the disk when it returns.
  void settle();

  // Adds encoded records of the numbers from end() on. Throws an Error when they are not written;
  // then none is there.
  void append(std::string_view records, uint64_t events);

  // Throws an Error when it fails; then it ends where it was last synced.
  void sync();

  // Another one is written to from now on: there may be many, and each open file counts. It must be
  // safe.
  void leave();

  // Deletes the file.
  void remove();

  // Reads from the beginning; what is safe ends at safe_bytes().
  SpoolReader reader() const;

  const std::filesystem::path& path() const { return path_; }
  const std::string& destination_id() const { return header_.destination_id; }
  uint64_t first() const { return header_.first; }
  uint64_t end() const { return end_; }  // the number behind its last event's
  uint64_t safe_end() const { return safe_end_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t safe_bytes() const { return safe_bytes_; }
  bool is_safe() const { return bytes_ == safe_bytes_; }

 private:
  SpoolSegment(std::filesystem::path path, SpoolHeader header, uint64_t header_bytes);
  int cut_tail();
  OpenFile& writable();

  std::filesystem::path path_;
  SpoolHeader header_;
  uint64_t header_bytes_;
  OpenFile file_;  // once it is written to
  uint64_t end_;
  uint64_t safe_end_;
  uint64_t bytes_;
  uint64_t safe_bytes_;
  bool tail_ = false;  // something may lie behind bytes_ in the file
};

// What a segment is called until it has its header.
inline constexpr const char* kUnfinishedSegment = "unfinished";

// What is added to a segment's name for the copy of what was cut off its end.
inline constexpr std::string_view kCutTail = ".cut";

}  // namespace waltrack
