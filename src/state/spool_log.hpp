#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/spool.hpp"
#include "state/spool_position.hpp"
#include "state/spool_reader.hpp"
#include "state/spool_segment.hpp"
#include "state/state_lock.hpp"

namespace waltrack {

// The spool as files in a folder of its own:
//
//   00000000000000000000.spool   a segment, named after its first event's number; spool_format.hpp
//   position                     up to where it is released, and how much of the last segment
//                                was synced
//   spool-lock                   held while the folder is in use
//   NUMBER.spool.damaged         a segment that a person gave up; makes a gap there known
//   NUMBER.spool.cut             what was cut off a segment's end last; nobody reads it, and it may
//                                be deleted; not part of bytes()
//
// What a crash leaves behind the last good record of the last segment is cut when it is opened, and
// kept as well as the disk allows. Damage before the end of what was synced is an Error, and so is
// a file that is shorter. Where the position file is lost that end is not known: then all that
// follows the last good record is cut, and the log says so.
//
// A folder with files that are none of these is refused.
class SpoolLog final : public SpoolStore {
 public:
  // Makes the folder when it isn't there, and goes through all of its records otherwise. Throws an
  // Error when it is damaged, in use, holds events for another destination, or other files.
  SpoolLog(const std::string& path, uint64_t max_bytes, const std::string& destination_id);

  bool append(std::span<const SpooledEvent> events) override;
  void sync() override;
  std::vector<ReadEvent> read(size_t most_bytes) override;
  void release(uint64_t number) override;

  bool empty() const override { return events() == 0; }
  uint64_t events() const override;
  uint64_t bytes() const override;
  uint64_t max_bytes() const override { return max_bytes_; }

 private:
  void open_segments();
  void check_segments();
  void check_segment(size_t index);
  void check_synced(const SpoolSegment& last, uint64_t file_bytes) const;
  std::optional<uint64_t> synced_bytes(uint64_t first) const;
  static void take_away(const std::filesystem::path& segment);
  static void keep_tail(SpoolSegment& segment, uint64_t bytes, bool synced_is_known);
  uint64_t unused_number() const;
  bool is_known_gap(size_t index) const;
  bool wants_new_segment(size_t more_bytes) const;
  void remove_released();
  void remove_unused();
  const SpoolSegment* segment_in_turn();

  // Constant after construction.
  const std::filesystem::path folder_;
  const uint64_t max_bytes_;
  const uint64_t segment_bytes_;
  const std::string destination_id_;
  std::set<uint64_t> given_up_;  // numbers of segments that people gave up

  StateLock lock_;
  SpoolPosition position_;
  // The last one is written to; all before are safe.
  std::deque<SpoolSegment> segments_;
  uint64_t next_ = 0;      // the next event's number
  uint64_t released_ = 0;  // all below
  uint64_t given_ = 0;     // all below were read, or need not be
  std::optional<SpoolReader> reader_;
  uint64_t reader_segment_ = 0;  // the first number of the segment that it reads
};

}  // namespace waltrack
