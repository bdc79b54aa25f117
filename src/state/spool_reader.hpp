#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "state/open_file.hpp"

namespace waltrack {

// Reads the records of one segment in order, a piece of the file at a time.
class SpoolReader {
 public:
  enum class Found { record, end, damage };

  // The first record begins at `offset` and has this number. Throws an Error when the file does not
  // open.
  SpoolReader(const std::filesystem::path& segment, uint64_t offset, uint64_t number);

  // How long the file is now. Throws an Error when the disk does not tell.
  uint64_t file_bytes() const;

  // Looks at the record in turn; the file is taken to end at `file_end`. Throws an Error when the
  // disk does not give it.
  Found look(uint64_t file_end);

  // After look() found a record: its body, until the next look(), and its whole length.
  std::string_view body() const;
  size_t record_bytes() const { return record_.size(); }
  void move_on();

  // Of the record in turn.
  uint64_t offset() const { return offset_; }
  uint64_t number() const { return number_; }

 private:
  std::string_view bytes_here(size_t length, uint64_t file_end);

  std::filesystem::path path_;
  OpenFile file_;
  uint64_t offset_;
  uint64_t number_;
  std::string piece_;  // of the file, from piece_offset_ on
  uint64_t piece_offset_ = 0;
  std::string_view record_;  // within piece_
};

}  // namespace waltrack
