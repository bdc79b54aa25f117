#include "state/spool_log.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <system_error>
#include <unistd.h>

#include "base/log.hpp"
#include "state/spool_errors.hpp"
#include "state/spool_folder.hpp"

namespace waltrack {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kLeastSegmentBytes = 1 << 20;
constexpr uint64_t kMostSegmentBytes = 64 << 20;

const std::string& checked_id(const std::string& destination_id) {
  if (destination_id.size() <= kMostDestinationIdBytes) return destination_id;
  throw Error(ErrorKind::usage, "the destination's id is too long for the spool", {},
              "give the destination an id of at most " + std::to_string(kMostDestinationIdBytes) +
                  " bytes");
}

StateLock::Thing lock_of(const fs::path& folder) {
  return {folder / "spool-lock", folder, "spool", "a `spool.path:`"};
}

}  // namespace

SpoolLog::SpoolLog(const std::string& path, uint64_t max_bytes, const std::string& destination_id)
    : folder_(make_spool_folder(path)),
      max_bytes_(max_bytes),
      segment_bytes_(std::clamp(max_bytes / 8, kLeastSegmentBytes, kMostSegmentBytes)),
      destination_id_(checked_id(destination_id)),
      lock_(lock_of(folder_)),
      position_(folder_) {
  open_segments();
  const uint64_t oldest = segments_.empty() ? 0 : segments_.front().first();
  released_ = std::max(position_.stored().value_or(SpoolMarks()).released, oldest);
  check_segments();
  next_ = unused_number();
  given_ = released_;
  remove_released();
  position_.release(released_);
  const auto last =
      std::find_if(segments_.rbegin(), segments_.rend(),
                   [](const SpoolSegment& segment) { return segment.end() > segment.first(); });
  if (last == segments_.rend()) {
    position_.synced(next_, 0);
  } else {
    position_.synced(last->first(), last->bytes());
  }
}

uint64_t SpoolLog::unused_number() const {
  // What was released was there once: its numbers are not given again, even if damage took it.
  uint64_t number = std::max(segments_.empty() ? 0 : segments_.back().end(), released_);
  // Nothing goes on in a segment that was given up, or under its name: what then happened to it
  // would count as accepted.
  if (!segments_.empty() && given_up_.contains(segments_.back().first())) ++number;
  while (given_up_.contains(number))
    ++number;
  return number;
}

void SpoolLog::open_segments() {
  std::set<uint64_t> firsts;
  std::error_code problem;
  for (fs::directory_iterator at(folder_, problem), end; !problem && at != end;
       at.increment(problem)) {
    std::string name = at->path().filename();
    const bool given_up = name.ends_with(spool_errors::kGivenUp);
    if (given_up) name.resize(name.size() - spool_errors::kGivenUp.size());
    if (const auto first = parse_spool_segment_name(name))
      (given_up ? given_up_ : firsts).insert(*first);
  }
  if (problem) throw spool_errors::disk(problem.value(), "read the spool's folder", folder_);
  unlink((folder_ / kUnfinishedSegment).c_str());
  for (const uint64_t first : firsts) {
    const fs::path path = folder_ / spool_segment_name(first);
    auto segment = SpoolSegment::open(path);
    if (segment && segment->destination_id() != destination_id_) {
      throw spool_errors::other_destination(folder_, segment->destination_id(), destination_id_);
    }
    if (segment) {
      segments_.push_back(std::move(*segment));
    } else if (first == *firsts.rbegin() &&
               (synced_bytes(first).value_or(0) == 0 || given_up_.contains(first))) {
      take_away(path);
    } else {
      throw spool_errors::damaged_header(path, "the file is shorter than any with an event");
    }
  }
}

// One without an event, from a crash.
void SpoolLog::take_away(const fs::path& segment) {
  const std::string kept = segment.string().append(kCutTail);
  std::error_code problem;
  fs::rename(segment, kept, problem);
  if (problem) unlink(segment.c_str());
  log::warn("a file of the spool was too short for any event and was taken away",
            {{"file", segment.string()}, {"kept_as", problem ? "" : kept}});
}

// How much of a last segment was synced; nothing when that is not known.
std::optional<uint64_t> SpoolLog::synced_bytes(uint64_t first) const {
  const std::optional<SpoolMarks>& marks = position_.stored();
  if (!marks || marks->synced_segment > first) return std::nullopt;
  return marks->synced_segment == first ? marks->synced_bytes : 0;
}

// The first that changes anything: a folder that must not be touched was refused before.
void SpoolLog::check_segments() {
  // What was released may be gone in part, and its files come back when a crash undoes deletions.
  while (segments_.size() > 1 && segments_[1].first() <= released_) {
    segments_.front().remove();
    segments_.pop_front();
  }
  for (size_t index = 0; index < segments_.size(); ++index)
    check_segment(index);
}

void SpoolLog::check_segment(size_t index) {
  SpoolSegment& segment = segments_[index];
  const bool last = index + 1 == segments_.size();
  const uint64_t next = last ? std::numeric_limits<uint64_t>::max() : segments_[index + 1].first();
  const uint64_t behind = segment.check(next);
  if (last) check_synced(segment, segment.bytes() + behind);
  if (!last && segment.end() < next && !is_known_gap(index)) {
    if (behind > 0) {
      throw spool_errors::damaged_record(segment.path(), segment.bytes(), segment.bytes() + behind);
    }
    throw spool_errors::missing(segments_[index + 1].path(), segment.end(), next);
  }
  if (behind > 0) keep_tail(segment, behind, !last || synced_bytes(segment.first()));
  // The last one may come from a process that died before its sync().
  if (behind > 0 || last) segment.settle();
  if (!last) segment.leave();
  if (!last && segment.end() < next) {
    log::warn("events are missing from the spool, as was accepted",
              {{"from", segment.end()}, {"to", next - 1}});
  }
}

// Before the end of what was synced nothing is a torn tail.
void SpoolLog::check_synced(const SpoolSegment& last, uint64_t file_bytes) const {
  const uint64_t synced = synced_bytes(last.first()).value_or(0);
  if (last.bytes() >= synced) return;
  if (given_up_.contains(last.first())) {
    log::warn("the end of the spool is missing, as was accepted",
              {{"file", last.path().string()}, {"from", last.end()}});
    return;
  }
  if (file_bytes < synced) throw spool_errors::shorter(last.path(), file_bytes, synced);
  throw spool_errors::damaged_record(last.path(), last.bytes(), file_bytes);
}

void SpoolLog::keep_tail(SpoolSegment& segment, uint64_t bytes, bool synced_is_known) {
  const std::string copy = segment.path().string().append(kCutTail);
  const bool kept = segment.keep_tail(copy);
  log::warn(synced_is_known
                ? "a file of the spool ended in what is no event; it was cut there"
                : "a file of the spool ended in what is no event; it was cut there, though it is "
                  "not known how much was synced",
            {{"file", segment.path().string()},
             {"offset", segment.bytes()},
             {"cut_bytes", bytes},
             {"events_before", segment.end() - segment.first()},
             {"kept_as", kept ? copy : ""}});
}

bool SpoolLog::is_known_gap(size_t index) const {
  const auto given_up = given_up_.lower_bound(segments_[index].first());
  return given_up != given_up_.end() && *given_up < segments_[index + 1].first();
}

bool SpoolLog::append(std::span<const SpooledEvent> events) {
  if (events.empty()) return true;
  std::string records;
  uint64_t number = next_;
  for (const SpooledEvent& event : events) {
    if (!append_spool_record(records, number++, event))
      throw Error(ErrorKind::failure, "an event is too large for the spool", folder_,
                  "make the events of rule " + event.position.rule + " smaller");
  }
  const bool fresh = wants_new_segment(records.size());
  const SpoolHeader header{destination_id_, next_};
  const uint64_t more = records.size() + (fresh ? encode_spool_header(header).size() : 0);
  if (!empty() && bytes() + more > max_bytes_) return false;
  try {
    if (fresh) {
      remove_unused();
      if (!segments_.empty()) segments_.back().leave();
      segments_.push_back(SpoolSegment::make(folder_, header));
    }
    segments_.back().append(records, events.size());
  } catch (const Error&) {
    remove_unused();
    throw;
  }
  next_ += events.size();
  return true;
}

// A segment is left only when all of it is safe: then a torn one is always the last.
bool SpoolLog::wants_new_segment(size_t more_bytes) const {
  if (segments_.empty()) return true;
  const SpoolSegment& last = segments_.back();
  if (!last.is_safe()) return false;
  if (last.end() != next_) return true;  // it was given up
  return last.end() > last.first() && last.bytes() + more_bytes > segment_bytes_;
}

void SpoolLog::sync() {
  if (segments_.empty() || segments_.back().is_safe()) return;
  try {
    segments_.back().sync();
    position_.synced(segments_.back().first(), segments_.back().safe_bytes());
  } catch (const Error&) {
    next_ = segments_.back().end();
    remove_unused();
    throw;
  }
}

std::vector<ReadEvent> SpoolLog::read(size_t most_bytes) {
  std::vector<ReadEvent> found;
  size_t bytes = 0;
  while (const SpoolSegment* const segment = segment_in_turn()) {
    const bool good = reader_->look(segment->safe_bytes()) == SpoolReader::Found::record;
    if (good && reader_->number() < given_) {
      reader_->move_on();
      continue;
    }
    if (good && !found.empty() && bytes + reader_->record_bytes() > most_bytes) break;
    auto event = good ? decode_spool_body(reader_->body()) : std::nullopt;
    if (!event && !found.empty()) break;  // the next call tells
    if (!event) {
      throw spool_errors::damaged_record(segment->path(), reader_->offset(), segment->safe_bytes());
    }
    found.push_back({reader_->number(), std::move(*event)});
    bytes += reader_->record_bytes();
    reader_->move_on();
    given_ = reader_->number();
  }
  return found;
}

// The segment with the next event to give, or nothing when there is none; the reader is in it, at
// that event or before.
const SpoolSegment* SpoolLog::segment_in_turn() {
  const auto found =
      std::find_if(segments_.begin(), segments_.end(), [&](const SpoolSegment& candidate) {
        return candidate.safe_end() > std::max(given_, candidate.first());
      });
  if (found == segments_.end()) return nullptr;
  if (!reader_ || reader_segment_ != found->first()) {
    reader_.emplace(found->reader());
    reader_segment_ = found->first();
  }
  return &*found;
}

void SpoolLog::release(uint64_t number) {
  number = std::min(number, segments_.empty() ? released_ : segments_.back().safe_end());
  if (number > released_) {
    released_ = number;
    given_ = std::max(given_, released_);
    position_.release(released_);
  }
  remove_released();
}

void SpoolLog::remove_released() {
  const auto is_done = [&] { return !segments_.empty() && segments_.front().end() <= released_; };
  if (!is_done()) return;
  position_.sync();
  while (is_done()) {
    if (reader_segment_ == segments_.front().first()) reader_.reset();
    segments_.front().remove();
    segments_.pop_front();
  }
}

// The last segment, when there is no event in it: another could not have its name.
void SpoolLog::remove_unused() {
  if (segments_.empty() || segments_.back().end() > segments_.back().first()) return;
  segments_.back().remove();
  segments_.pop_back();
}

uint64_t SpoolLog::events() const {
  uint64_t events = 0;
  for (const SpoolSegment& segment : segments_)
    events += segment.end() - std::clamp(released_, segment.first(), segment.end());
  return events;
}

uint64_t SpoolLog::bytes() const {
  uint64_t bytes = 0;
  for (const SpoolSegment& segment : segments_)
    bytes += segment.bytes();
  return bytes;
}

}  // namespace waltrack
