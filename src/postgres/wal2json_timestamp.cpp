#include "postgres/wal2json_timestamp.hpp"

#include "base/iso8601.hpp"

namespace waltrack {

namespace {

// Takes pieces from the front of the text; each says whether it was there.
class TimestampScanner {
 public:
  explicit TimestampScanner(std::string_view text) : rest_(text) {}

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Between `least` and `most` digits; `value` is a number up to `limit`.
  bool number(size_t least, size_t most, int64_t limit, int64_t& value) {
    size_t digits = 0;
    value = 0;
    while (digits < most && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
      ++digits;
    }
    taken_ = digits;
    return digits >= least && value <= limit;
  }

  size_t digits_taken() const { return taken_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  size_t taken_ = 0;
};

bool read_fraction_us(TimestampScanner& in, int64_t& us) {
  if (!in.take('.')) return true;
  if (!in.number(1, 6, 999'999, us)) return false;
  for (size_t digits = in.digits_taken(); digits < 6; ++digits)
    us *= 10;
  return true;
}

// "+05", "+05:30", "-03:30:52": seconds east of UTC.
bool read_offset(TimestampScanner& in, int64_t& seconds) {
  const bool east = in.take('+');
  if (!east && !in.take('-')) return false;
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  if (!in.number(2, 2, 23, hour)) return false;
  if (in.take(':')) {
    if (!in.number(2, 2, 59, minute)) return false;
    if (in.take(':') && !in.number(2, 2, 59, second)) return false;
  }
  seconds = hour * 3600 + minute * 60 + second;
  if (!east) seconds = -seconds;
  return true;
}

}  // namespace

std::optional<int64_t> parse_wal2json_timestamp(std::string_view text) {
  TimestampScanner in(text);
  int64_t year = 0;
  int64_t month = 0;
  int64_t day = 0;
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t us = 0;
  int64_t offset = 0;
  const bool read = in.number(4, 6, 294'276, year) && in.take('-') && in.number(2, 2, 12, month) &&
                    in.take('-') && in.number(2, 2, 31, day) && in.take(' ') &&
                    in.number(2, 2, 23, hour) && in.take(':') && in.number(2, 2, 59, minute) &&
                    in.take(':') && in.number(2, 2, 59, second) && read_fraction_us(in, us) &&
                    read_offset(in, offset) && in.at_end();
  if (!read || month < 1 || day < 1) return std::nullopt;
  const int64_t days =
      days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  return (days * 86'400 + hour * 3600 + minute * 60 + second - offset) * 1'000'000 + us;
}

}  // namespace waltrack
