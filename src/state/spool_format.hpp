#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/spool.hpp"

// The bytes of a spool segment. Numbers are little-endian; a text is its length (4 bytes) and its
// bytes; a checksum is XXH3, 64 bits.
//
//   header   "WTSPOOL\n", format version (4), first event's number (8), the destination's id
//            (text), checksum of all before
//   record   checksum (8), length of the body (4), body; the checksum is over length and body,
//            seeded with the event's number: a record is good only in its own place
//   body     users (3 times 4), kind (1), commit LSN (8), LSN (8), ordinal (4), commit time (8),
//            table, rule, op, payload (texts)
namespace waltrack {

// Of segments; the only one that is read.
inline constexpr uint32_t kSpoolFormatVersion = 2;

struct SpoolHeader {
  std::string destination_id;
  uint64_t first = 0;
};

// Longer ids are refused, so that a header has a bound.
inline constexpr size_t kMostDestinationIdBytes = 1024;
inline constexpr size_t kLeastSpoolHeaderBytes = 32;
inline constexpr size_t kMostSpoolHeaderBytes = kLeastSpoolHeaderBytes + kMostDestinationIdBytes;

// Far above what a receiver takes; what claims to be longer is no record.
inline constexpr size_t kMostSpoolBodyBytes = 16 << 20;

inline constexpr size_t kSpoolRecordPrefixBytes = 12;

// What the first bytes of a segment are.
struct SpoolHeaderReading {
  enum class Verdict {
    good,
    too_short,  // no event fits into so short a file
    not_a_segment,
    other_version,
    damaged,
  };
  Verdict verdict = Verdict::damaged;
  SpoolHeader header;    // good
  size_t bytes = 0;      // good: the header's length
  uint32_t version = 0;  // other_version
};

std::string encode_spool_header(const SpoolHeader& header);

// `start` is the first kMostSpoolHeaderBytes of the file, or all of it.
SpoolHeaderReading read_spool_header(std::string_view start);

// Appends the record of an event. False, and nothing is appended, when it is too large for one.
[[nodiscard]] bool append_spool_record(std::string& out, uint64_t number,
                                       const SpooledEvent& event);

// The length of the body that a record's prefix claims; nothing when no body is that long.
std::optional<size_t> claimed_spool_body(std::string_view prefix);

// Whether a whole record, prefix and body, is the one of this number.
bool is_spool_record(std::string_view record, uint64_t number);

// Nothing when the body isn't one.
std::optional<SpooledEvent> decode_spool_body(std::string_view body);

// A segment's file name is its first event's number; nothing for other names.
std::string spool_segment_name(uint64_t first);
std::optional<uint64_t> parse_spool_segment_name(std::string_view name);

// What the position file tells.
struct SpoolMarks {
  uint64_t released = 0;  // all events below
  // The number of the segment that was synced last, and its length then: so much of it is whole,
  // or damaged. A later one was never synced.
  uint64_t synced_segment = 0;
  uint64_t synced_bytes = 0;

  bool operator==(const SpoolMarks&) const = default;
};

// The position file: "WTSPOOP2", the three marks (8 each), checksum of all before. Nothing when the
// bytes aren't one: another version, too.
inline constexpr size_t kSpoolPositionBytes = 40;
std::string encode_spool_position(const SpoolMarks& marks);
std::optional<SpoolMarks> decode_spool_position(std::string_view bytes);

}  // namespace waltrack
