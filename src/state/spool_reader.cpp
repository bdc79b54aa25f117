#include "state/spool_reader.hpp"

#include <algorithm>
#include <fcntl.h>

#include "state/spool_errors.hpp"
#include "state/spool_format.hpp"

namespace waltrack {
namespace {

constexpr size_t kPieceBytes = 256 << 10;

}  // namespace

SpoolReader::SpoolReader(const std::filesystem::path& segment, uint64_t offset, uint64_t number)
    : path_(segment), offset_(offset), number_(number) {
  if (const int problem = file_.open(path_, O_RDONLY))
    throw spool_errors::disk(problem, "open a file of the spool", path_);
}

uint64_t SpoolReader::file_bytes() const {
  uint64_t bytes = 0;
  if (const int problem = file_.size(bytes))
    throw spool_errors::disk(problem, "read the spool", path_);
  return bytes;
}

SpoolReader::Found SpoolReader::look(uint64_t file_end) {
  if (offset_ >= file_end) return Found::end;
  const std::string_view prefix = bytes_here(kSpoolRecordPrefixBytes, file_end);
  const auto length = claimed_spool_body(prefix);
  if (!length) return Found::damage;
  record_ = bytes_here(kSpoolRecordPrefixBytes + *length, file_end);
  return is_spool_record(record_, number_) ? Found::record : Found::damage;
}

std::string_view SpoolReader::body() const {
  return record_.substr(kSpoolRecordPrefixBytes);
}

void SpoolReader::move_on() {
  offset_ += record_.size();
  ++number_;
}

// The next `length` bytes, or none when the file has fewer.
std::string_view SpoolReader::bytes_here(size_t length, uint64_t file_end) {
  if (file_end - offset_ < length) return {};
  if (offset_ < piece_offset_ || offset_ + length > piece_offset_ + piece_.size()) {
    const uint64_t wanted = std::min<uint64_t>(std::max(length, kPieceBytes), file_end - offset_);
    piece_offset_ = offset_;
    if (const int problem = file_.read_at(offset_, wanted, piece_))
      throw spool_errors::disk(problem, "read the spool", path_);
    if (piece_.size() < length) return {};
  }
  return std::string_view(piece_).substr(offset_ - piece_offset_, length);
}

}  // namespace waltrack
