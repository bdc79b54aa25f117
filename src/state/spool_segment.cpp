#include "state/spool_segment.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "state/spool_errors.hpp"

namespace waltrack {
namespace fs = std::filesystem;
namespace {

constexpr size_t kPieceBytes = 256 << 10;

}  // namespace

SpoolSegment::SpoolSegment(fs::path path, SpoolHeader header, uint64_t header_bytes)
    : path_(std::move(path)),
      header_(std::move(header)),
      header_bytes_(header_bytes),
      end_(header_.first),
      safe_end_(header_.first),
      bytes_(header_bytes),
      safe_bytes_(header_bytes) {}

SpoolSegment SpoolSegment::make(const fs::path& folder, const SpoolHeader& header) {
  const std::string text = encode_spool_header(header);
  SpoolSegment segment(folder / spool_segment_name(header.first), header, text.size());
  const fs::path unfinished = folder / kUnfinishedSegment;
  OpenFile& file = segment.file_;
  int problem = file.open(unfinished, O_RDWR | O_CREAT | O_TRUNC);
  if (problem == 0) problem = file.write_at(0, text);
  if (problem == 0) problem = file.sync_data();
  if (problem == 0 && rename(unfinished.c_str(), segment.path_.c_str()) != 0) problem = errno;
  if (problem == 0) {
    problem = sync_folder(folder);
    if (problem != 0) unlink(segment.path_.c_str());
  }
  if (problem == 0) return segment;
  unlink(unfinished.c_str());
  throw spool_errors::disk(problem, "make a file for the spool", segment.path_);
}

std::optional<SpoolSegment> SpoolSegment::open(const fs::path& path) {
  using Verdict = SpoolHeaderReading::Verdict;
  OpenFile file;
  std::string start;
  int problem = file.open(path, O_RDONLY);
  if (problem == 0) problem = file.read_at(0, kMostSpoolHeaderBytes, start);
  if (problem != 0) throw spool_errors::disk(problem, "read the spool", path);
  SpoolHeaderReading reading = read_spool_header(start);
  switch (reading.verdict) {
    case Verdict::good:
      break;
    case Verdict::too_short:
      return std::nullopt;
    case Verdict::not_a_segment:
      throw spool_errors::damaged_header(path, "this is no file of a spool");
    case Verdict::other_version:
      throw spool_errors::other_version(path, reading.version);
    case Verdict::damaged:
      throw spool_errors::damaged_header(path, "the file's header does not match its checksum");
  }
  if (path.filename() != spool_segment_name(reading.header.first))
    throw spool_errors::damaged_header(
        path, "the file was called " + spool_segment_name(reading.header.first));
  return SpoolSegment(path, std::move(reading.header), reading.bytes);
}

uint64_t SpoolSegment::check(uint64_t before) {
  SpoolReader records = reader();
  const uint64_t file_bytes = records.file_bytes();
  while (records.number() < before && records.look(file_bytes) == SpoolReader::Found::record)
    records.move_on();
  bytes_ = safe_bytes_ = records.offset();
  end_ = safe_end_ = records.number();
  tail_ = file_bytes > bytes_;
  return file_bytes - bytes_;
}

bool SpoolSegment::keep_tail(const fs::path& copy) {
  OpenFile kept;
  std::string piece;
  uint64_t done = 0;
  int problem = kept.open(copy, O_WRONLY | O_CREAT | O_TRUNC);
  if (problem != 0) return false;
  do {
    problem = writable().read_at(bytes_ + done, kPieceBytes, piece);
    if (problem == 0) problem = kept.write_at(done, piece);
    done += piece.size();
  } while (problem == 0 && !piece.empty());
  if (problem == 0) problem = kept.sync_data();
  if (problem != 0) unlink(copy.c_str());
  return problem == 0;
}

void SpoolSegment::settle() {
  int problem = cut_tail();
  if (problem == 0) problem = writable().sync_all();
  if (problem != 0) throw spool_errors::disk(problem, "cut a file of the spool", path_);
}

int SpoolSegment::cut_tail() {
  const int problem = writable().truncate(bytes_);
  tail_ = problem != 0;
  return problem;
}

void SpoolSegment::append(std::string_view records, uint64_t events) {
  int problem = tail_ ? cut_tail() : 0;
  if (problem == 0) {
    problem = writable().write_at(bytes_, records);
    // If it can't be cut now, the next one that appends does; nobody reads it before.
    if (problem != 0) static_cast<void>(cut_tail());
  }
  if (problem != 0) throw spool_errors::disk(problem, "write to the spool", path_);
  bytes_ += records.size();
  end_ += events;
}

void SpoolSegment::sync() {
  if (is_safe()) return;
  if (const int problem = file_.sync_data()) {
    bytes_ = safe_bytes_;
    end_ = safe_end_;
    static_cast<void>(cut_tail());
    throw spool_errors::disk(problem, "bring the spool to the disk", path_);
  }
  safe_bytes_ = bytes_;
  safe_end_ = end_;
}

void SpoolSegment::leave() {
  file_.close();
}

void SpoolSegment::remove() {
  if (unlink(path_.c_str()) != 0 && errno != ENOENT)
    throw spool_errors::disk(errno, "delete a file of the spool", path_);
}

SpoolReader SpoolSegment::reader() const {
  return SpoolReader(path_, header_bytes_, header_.first);
}

OpenFile& SpoolSegment::writable() {
  if (!file_.is_open()) {
    if (const int problem = file_.open(path_, O_RDWR))
      throw spool_errors::disk(problem, "open a file of the spool", path_);
  }
  return file_;
}

}  // namespace waltrack
