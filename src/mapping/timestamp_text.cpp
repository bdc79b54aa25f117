#include "mapping/timestamp_text.hpp"

#include <algorithm>
#include <limits>

#include "base/iso8601.hpp"

namespace waltrack {
namespace {

constexpr int64_t kSecondUs = 1'000'000;
constexpr int64_t kDaySeconds = 86'400;

struct TimeOfDay {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int fraction_us = 0;
  bool has_seconds = false;
};

struct Moment {
  int64_t year = 0;  // astronomical: 0 = 1 BC
  int month = 0;
  int day = 0;
  bool has_time = false;
  bool has_zone = false;
  TimeOfDay time;
  int offset_seconds = 0;  // east of Greenwich
};

// A cursor over the text; every function takes what it names and tells whether it was there.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  // `least` to `most` digits.
  bool number(size_t least, size_t most, int64_t& value) {
    const size_t count = digits_ahead(most);
    if (count < least) return false;
    value = 0;
    for (size_t i = 0; i < count; ++i)
      value = value * 10 + (rest_[i] - '0');
    rest_.remove_prefix(count);
    return true;
  }

  bool two_digits(int least, int most, int& value) {
    int64_t read = 0;
    if (!number(2, 2, read) || read < least || read > most) return false;
    value = static_cast<int>(read);
    return true;
  }

  // Digits after a point, the first six as microseconds.
  bool fraction(int& us) {
    const size_t count = digits_ahead(rest_.size());
    if (count == 0) return false;
    us = 0;
    for (size_t i = 0; i < 6; ++i)
      us = us * 10 + (i < count ? rest_[i] - '0' : 0);
    rest_.remove_prefix(count);
    return true;
  }

 private:
  size_t digits_ahead(size_t most) const {
    size_t count = 0;
    while (count < most && count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
      ++count;
    }
    return count;
  }

  std::string_view rest_;
};

int days_in_month(int64_t year, int month) {
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool read_date(Reader& reader, Moment& moment) {
  const bool before = reader.take("-");
  const bool expanded = before || reader.take("+");
  if (!reader.number(expanded ? 6 : 4, 7, moment.year)) return false;
  if (before) moment.year = -moment.year;
  return reader.take("-") && reader.two_digits(1, 12, moment.month) && reader.take("-") &&
         reader.two_digits(1, 31, moment.day);
}

bool read_time(Reader& reader, TimeOfDay& time) {
  if (!reader.two_digits(0, 24, time.hour) || !reader.take(":") ||
      !reader.two_digits(0, 59, time.minute)) {
    return false;
  }
  time.has_seconds = reader.take(":");
  if (time.has_seconds && !reader.two_digits(0, 60, time.second)) return false;
  if (time.has_seconds && reader.take(".") && !reader.fraction(time.fraction_us)) return false;
  return time.hour < 24 || (time.minute == 0 && time.second == 0 && time.fraction_us == 0);
}

bool read_zone(Reader& reader, bool& has_zone, int& offset_seconds) {
  has_zone = true;
  if (reader.take("Z") || reader.take("z")) return true;
  const bool west = reader.take("-");
  if (!west && !reader.take("+")) {
    has_zone = false;
    return true;
  }
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
  if (!reader.two_digits(0, 23, hours)) return false;
  if (reader.take(":")) {
    if (!reader.two_digits(0, 59, minutes)) return false;
    if (reader.take(":") && !reader.two_digits(0, 59, seconds)) return false;
  } else if (!reader.at_end() && reader.rest()[0] != ' ') {
    if (!reader.two_digits(0, 59, minutes)) return false;
  }
  offset_seconds = hours * 3600 + minutes * 60 + seconds;
  if (west) offset_seconds = -offset_seconds;
  return true;
}

std::optional<Moment> read_moment(std::string_view text) {
  Moment moment;
  Reader reader(text);
  if (!read_date(reader, moment)) return std::nullopt;
  const bool era_follows = reader.rest() == " BC" || reader.at_end();
  if (!era_follows) {
    if (!reader.take("T") && !reader.take("t") && !reader.take(" ")) return std::nullopt;
    moment.has_time = true;
    if (!read_time(reader, moment.time)) return std::nullopt;
    if (reader.rest().starts_with(" +") || reader.rest().starts_with(" -")) reader.take(" ");
    if (!read_zone(reader, moment.has_zone, moment.offset_seconds)) return std::nullopt;
  }
  if (reader.take(" BC")) {
    if (moment.year < 1) return std::nullopt;
    moment.year = 1 - moment.year;
  }
  if (!reader.at_end() || moment.day > days_in_month(moment.year, moment.month)) {
    return std::nullopt;
  }
  return moment;
}

std::optional<int64_t> to_us(const Moment& moment) {
  const int64_t days = days_from_civil(moment.year, static_cast<unsigned>(moment.month),
                                       static_cast<unsigned>(moment.day));
  const TimeOfDay& time = moment.time;
  const int64_t seconds = days * kDaySeconds + time.hour * 3600 + time.minute * 60 + time.second -
                          moment.offset_seconds;
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / kSecondUs - 1;
  if (seconds > kMost || seconds < -kMost) return std::nullopt;
  return seconds * kSecondUs + time.fraction_us;
}

// Right-aligned decimal digits at the end of `text`, filled up with zeros.
void append_digits(std::string& out, int64_t value, size_t digits) {
  char text[20];
  size_t count = 0;
  while (count < digits || value > 0) {
    text[sizeof text - ++count] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(text + sizeof text - count, count);
}

void append_date(std::string& out, const Moment& moment) {
  if (moment.year >= 0 && moment.year <= 9999) {
    append_digits(out, moment.year, 4);
  } else {
    out.push_back(moment.year < 0 ? '-' : '+');
    append_digits(out, moment.year < 0 ? -moment.year : moment.year, 6);
  }
  out.push_back('-');
  append_digits(out, moment.month, 2);
  out.push_back('-');
  append_digits(out, moment.day, 2);
}

void append_moment(std::string& out, const Moment& moment) {
  append_date(out, moment);
  out.push_back('T');
  append_digits(out, moment.time.hour, 2);
  out.push_back(':');
  append_digits(out, moment.time.minute, 2);
  out.push_back(':');
  append_digits(out, moment.time.second, 2);
  out.push_back('.');
  append_digits(out, moment.time.fraction_us, 6);
}

// The usual "2026-11-23 12:37:33.098093" without a detour: appends it as ISO 8601, if the text is
// one that ends in `zone`, with `iso_zone` in its place.
bool append_usual(std::string& out, std::string_view pg, std::string_view zone,
                  std::string_view iso_zone) {
  constexpr std::string_view kLayout = "dddd-dd-dd dd:dd:dd";
  constexpr size_t kSeconds = kLayout.size();
  if (pg.size() < kSeconds + zone.size() || !pg.ends_with(zone)) return false;
  pg.remove_suffix(zone.size());
  char text[] = "0000-00-00T00:00:00.000000";
  for (size_t i = 0; i < kSeconds; ++i) {
    const bool fits = kLayout[i] == 'd' ? pg[i] >= '0' && pg[i] <= '9' : pg[i] == kLayout[i];
    if (!fits) return false;
    if (kLayout[i] == 'd') text[i] = pg[i];
  }
  if (pg.size() > kSeconds) {
    if (pg[kSeconds] != '.' || pg.size() == kSeconds + 1 || pg.size() > sizeof text - 1) {
      return false;
    }
    for (size_t i = kSeconds + 1; i < pg.size(); ++i) {
      if (pg[i] < '0' || pg[i] > '9') return false;
      text[i] = pg[i];
    }
  }
  const auto two = [&](size_t at) { return (text[at] - '0') * 10 + text[at + 1] - '0'; };
  const int month = two(5);
  const int day = two(8);
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(two(0) * 100 + two(2), month) ||
      two(11) > 23 || two(14) > 59 || two(17) > 59) {
    return false;
  }
  out.append(text, sizeof text - 1);
  out.append(iso_zone);
  return true;
}

}  // namespace

bool append_timestamptz_text(std::string& out, std::string_view pg) {
  if (append_usual(out, pg, "+00", "Z")) return true;
  const auto moment = read_moment(pg);
  if (!moment || !moment->has_zone || !moment->time.has_seconds) return false;
  if (moment->offset_seconds == 0) {
    append_moment(out, *moment);
    out.push_back('Z');
    return true;
  }
  const auto us = to_us(*moment);
  if (us) append_iso8601_utc(out, *us);
  return us.has_value();
}

bool append_timestamp_text(std::string& out, std::string_view pg) {
  if (append_usual(out, pg, "", "")) return true;
  const auto moment = read_moment(pg);
  if (!moment || moment->has_zone || !moment->time.has_seconds) return false;
  append_moment(out, *moment);
  return true;
}

bool append_date_text(std::string& out, std::string_view pg) {
  const auto moment = read_moment(pg);
  if (!moment || moment->has_time) return false;
  append_date(out, *moment);
  return true;
}

bool append_time_text(std::string& out, std::string_view pg) {
  Reader reader(pg);
  TimeOfDay time;
  if (!read_time(reader, time) || !time.has_seconds || !reader.at_end()) return false;
  out.append(pg);
  return true;
}

bool append_timetz_text(std::string& out, std::string_view pg) {
  Reader reader(pg);
  TimeOfDay time;
  if (!read_time(reader, time) || !time.has_seconds) return false;
  const size_t zone = pg.size() - reader.rest().size();
  bool has_zone = false;
  int offset_seconds = 0;
  if (!read_zone(reader, has_zone, offset_seconds) || !has_zone || !reader.at_end()) return false;
  out.append(pg.substr(0, zone));
  if (offset_seconds == 0) {
    out.push_back('Z');
    return true;
  }
  const int size = offset_seconds < 0 ? -offset_seconds : offset_seconds;
  out.push_back(offset_seconds < 0 ? '-' : '+');
  append_digits(out, size / 3600, 2);
  out.push_back(':');
  append_digits(out, size / 60 % 60, 2);
  if (size % 60 != 0) {
    out.push_back(':');
    append_digits(out, size % 60, 2);
  }
  return true;
}

std::optional<int64_t> parse_timestamp_us(std::string_view text) {
  const auto moment = read_moment(text);
  return moment ? to_us(*moment) : std::nullopt;
}

std::optional<int64_t> parse_call_time(std::string_view text) {
  constexpr int64_t kFirst = -62'135'596'800'000'000;
  constexpr int64_t kLast = 253'402'300'799'999'999;
  const std::optional<int64_t> us = parse_timestamp_us(text);
  return us && *us >= kFirst && *us <= kLast ? us : std::nullopt;
}

}  // namespace waltrack
