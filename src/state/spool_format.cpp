#include "state/spool_format.hpp"

#include <charconv>
#include <concepts>
#include <system_error>
#include <type_traits>
#include <xxhash.h>

namespace waltrack {
namespace {

constexpr std::string_view kSegmentMagic = "WTSPOOL\n";
constexpr std::string_view kPositionMagic = "WTSPOOP2";

constexpr size_t kNameDigits = 20;  // of the highest number
constexpr std::string_view kNameEnd = ".spool";

// Users, kind, LSNs, ordinal, commit time, and the lengths of four texts.
constexpr size_t kLeastBodyBytes = EventUsers::kMost * 4 + 1 + 8 + 8 + 4 + 8 + 4 * 4;

// A header with an empty id, and the least record: no event fits into fewer.
constexpr size_t kLeastBytesWithEvent =
    kLeastSpoolHeaderBytes + kSpoolRecordPrefixBytes + kLeastBodyBytes;

template <std::integral Number>
void put(std::string& out, Number value) {
  const auto bits = static_cast<std::make_unsigned_t<Number>>(value);
  for (size_t i = 0; i < sizeof bits; ++i)
    out.push_back(static_cast<char>(static_cast<unsigned char>(bits >> (8 * i))));
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<uint32_t>(text.size()));
  out.append(text);
}

// Takes values from the front of some bytes. What is not there makes it fail, and stay failed.
class Taker {
 public:
  explicit Taker(std::string_view bytes) : rest_(bytes) {}

  template <std::integral Number>
  Number take() {
    const std::string_view bytes = take_bytes(sizeof(Number));
    std::make_unsigned_t<Number> bits = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      bits = static_cast<decltype(bits)>(
          bits | static_cast<decltype(bits)>(static_cast<unsigned char>(bytes[i])) << (8 * i));
    }
    return static_cast<Number>(bits);
  }

  std::string_view take_text() { return take_bytes(take<uint32_t>()); }

  std::string_view take_bytes(size_t length) {
    if (failed_ || length > rest_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  bool failed() const { return failed_; }
  size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

uint64_t checksum(std::string_view bytes, uint64_t seed = 0) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace

std::string encode_spool_header(const SpoolHeader& header) {
  std::string out(kSegmentMagic);
  put(out, kSpoolFormatVersion);
  put(out, header.first);
  put_text(out, header.destination_id);
  put(out, checksum(out));
  return out;
}

SpoolHeaderReading read_spool_header(std::string_view start) {
  using Verdict = SpoolHeaderReading::Verdict;
  SpoolHeaderReading reading;
  reading.verdict = start.size() < kLeastBytesWithEvent ? Verdict::too_short : Verdict::damaged;
  Taker taker(start);
  const std::string_view magic = taker.take_bytes(kSegmentMagic.size());
  reading.version = taker.take<uint32_t>();
  if (magic != kSegmentMagic || reading.version != kSpoolFormatVersion) {
    if (reading.verdict == Verdict::damaged)
      reading.verdict = magic != kSegmentMagic ? Verdict::not_a_segment : Verdict::other_version;
    return reading;
  }
  reading.header.first = taker.take<uint64_t>();
  reading.header.destination_id = taker.take_text();
  const std::string_view before_checksum = start.substr(0, start.size() - taker.left());
  const auto stored = taker.take<uint64_t>();
  reading.bytes = start.size() - taker.left();
  if (!taker.failed() && stored == checksum(before_checksum)) reading.verdict = Verdict::good;
  return reading;
}

bool append_spool_record(std::string& out, uint64_t number, const SpooledEvent& event) {
  const EventPosition& position = event.position;
  const size_t texts = position.table.size() + position.rule.size() + event.op.size();
  if (event.payload.size() > kMostSpoolBodyBytes || texts > kMostSpoolBodyBytes ||
      kLeastBodyBytes + texts + event.payload.size() > kMostSpoolBodyBytes)
    return false;
  const size_t begin = out.size();
  put(out, uint64_t{0});  // the checksum's place
  put(out, static_cast<uint32_t>(kLeastBodyBytes + texts + event.payload.size()));
  for (const uint32_t user : event.users.digests)
    put(out, user);
  put(out, static_cast<uint8_t>(position.kind));
  put(out, position.commit_lsn.value);
  put(out, position.lsn.value);
  put(out, position.ordinal);
  put(out, event.commit_time_us);
  put_text(out, position.table);
  put_text(out, position.rule);
  put_text(out, event.op);
  put_text(out, event.payload);
  std::string sum;
  put(sum, checksum(std::string_view(out).substr(begin + sizeof(uint64_t)), number));
  out.replace(begin, sum.size(), sum);
  return true;
}

std::optional<size_t> claimed_spool_body(std::string_view prefix) {
  Taker taker(prefix);
  taker.take<uint64_t>();
  const size_t length = taker.take<uint32_t>();
  if (taker.failed() || length < kLeastBodyBytes || length > kMostSpoolBodyBytes)
    return std::nullopt;
  return length;
}

bool is_spool_record(std::string_view record, uint64_t number) {
  Taker taker(record);
  const auto stored = taker.take<uint64_t>();
  return !taker.failed() && stored == checksum(record.substr(sizeof stored), number);
}

std::optional<SpooledEvent> decode_spool_body(std::string_view body) {
  Taker taker(body);
  SpooledEvent event;
  EventPosition& position = event.position;
  for (uint32_t& user : event.users.digests)
    user = taker.take<uint32_t>();
  position.kind = static_cast<MessageKind>(taker.take<uint8_t>());
  position.commit_lsn.value = taker.take<uint64_t>();
  position.lsn.value = taker.take<uint64_t>();
  position.ordinal = taker.take<uint32_t>();
  event.commit_time_us = taker.take<int64_t>();
  position.table = taker.take_text();
  position.rule = taker.take_text();
  event.op = taker.take_text();
  event.payload = taker.take_text();
  const bool known_kind =
      position.kind >= MessageKind::row && position.kind <= MessageKind::backfill;
  if (taker.failed() || taker.left() != 0 || !known_kind) return std::nullopt;
  return event;
}

std::string spool_segment_name(uint64_t first) {
  std::string digits = std::to_string(first);
  digits.insert(0, kNameDigits - digits.size(), '0');
  return digits.append(kNameEnd);
}

std::optional<uint64_t> parse_spool_segment_name(std::string_view name) {
  if (name.size() != kNameDigits + kNameEnd.size() || !name.ends_with(kNameEnd))
    return std::nullopt;
  uint64_t first = 0;
  const char* const end = name.data() + kNameDigits;
  const auto [stop, problem] = std::from_chars(name.data(), end, first);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return first;
}

std::string encode_spool_position(const SpoolMarks& marks) {
  std::string out(kPositionMagic);
  put(out, marks.released);
  put(out, marks.synced_segment);
  put(out, marks.synced_bytes);
  put(out, checksum(out));
  return out;
}

std::optional<SpoolMarks> decode_spool_position(std::string_view bytes) {
  Taker taker(bytes);
  const std::string_view magic = taker.take_bytes(kPositionMagic.size());
  SpoolMarks marks;
  marks.released = taker.take<uint64_t>();
  marks.synced_segment = taker.take<uint64_t>();
  marks.synced_bytes = taker.take<uint64_t>();
  const auto stored = taker.take<uint64_t>();
  if (taker.failed() || magic != kPositionMagic) return std::nullopt;
  if (stored != checksum(bytes.substr(0, bytes.size() - taker.left() - sizeof stored)))
    return std::nullopt;
  return marks;
}

}  // namespace waltrack
