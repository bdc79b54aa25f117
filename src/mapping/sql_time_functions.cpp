#include "mapping/sql_time_functions.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "base/iso8601.hpp"
#include "mapping/number_text.hpp"
#include "mapping/sql_tokens.hpp"
#include "mapping/sql_value.hpp"
#include "mapping/timestamp_text.hpp"

namespace waltrack {
namespace {

using Scratch = std::string;

constexpr auto kTruncationUnits = std::to_array<std::string_view>(
    {"second", "minute", "hour", "day", "week", "month", "quarter", "year"});
enum class Truncation : uint8_t { second, minute, hour, day, week, month, quarter, year };

constexpr auto kEpochUnits = std::to_array<std::string_view>({"s", "ms", "us"});
constexpr std::array<int64_t, 3> kUnitUs = {1'000'000, 1'000, 1};

constexpr int64_t kDayUs = 86'400'000'000;
// The years 0 to 9999.
constexpr int64_t kFirstUs = -62'167'219'200'000'000;
constexpr int64_t kLastUs = 253'402'300'799'999'999;

template <size_t kCount>
std::optional<size_t> index_of(const std::array<std::string_view, kCount>& known,
                               std::string_view word) {
  auto at = std::find_if(known.begin(), known.end(),
                         [&](std::string_view one) { return equal_ignoring_case(one, word); });
  if (at == known.end()) return std::nullopt;
  return static_cast<size_t>(at - known.begin());
}

// How a time is written: a date alone, a time without a zone, or one with it.
enum class Form : uint8_t { date, local, zoned };

Form form_of(std::string_view text) {
  size_t time = text.find(':');
  if (time == std::string_view::npos) return Form::date;
  return text.find_first_of("Zz+-", time) == std::string_view::npos ? Form::local : Form::zoned;
}

// Cuts "YYYY-MM-DDTHH:MM:SS.ffffffZ", whose year may be longer, down to the unit.
void truncate_text(std::string& iso, Truncation unit) {
  const size_t t = iso.find('T');
  constexpr std::string_view kMidnight = "00:00:00.000000Z";
  size_t keep = t + 1;
  if (unit <= Truncation::hour) {
    keep += unit == Truncation::hour ? 2 : unit == Truncation::minute ? 5 : 8;
  }
  iso.replace(keep, std::string::npos, kMidnight.substr(keep - t - 1));
  if (unit >= Truncation::month) iso.replace(t - 2, 2, "01");
  if (unit == Truncation::year) iso.replace(t - 5, 2, "01");
  if (unit == Truncation::quarter) {
    int month = (iso[t - 5] - '0') * 10 + iso[t - 4] - '0';
    int first = (month - 1) / 3 * 3 + 1;
    iso[t - 5] = first >= 10 ? '1' : '0';
    iso[t - 4] = static_cast<char>('0' + first % 10);
  }
}

// Weeks start on Monday; 1970-01-01 was a Thursday.
int64_t start_of_week(int64_t us) {
  int64_t day = us / kDayUs - (us % kDayUs < 0 ? 1 : 0);
  int64_t weekday = ((day + 3) % 7 + 7) % 7;
  return (day - weekday) * kDayUs;
}

void date_trunc(sqlite3_context* context, int, sqlite3_value** values) {
  if (is_null(values[0]) || is_null(values[1])) return sqlite3_result_null(context);
  std::optional<size_t> unit = index_of(kTruncationUnits, text_of(values[0]));
  if (!unit) return give_error(context, "date_trunc() of a unit that it does not know");
  auto truncation = static_cast<Truncation>(*unit);
  std::string_view text = text_of(values[1]);
  if (text == "infinity" || text == "-infinity") return give_text(context, text);
  std::optional<int64_t> us = parse_timestamp_us(text);
  if (!us) return give_error(context, "date_trunc() of what is not a date and time");
  if (truncation == Truncation::week) us = start_of_week(*us);
  Scratch& out = state_of<Scratch>(context);
  out.clear();
  append_iso8601_utc(out, *us);
  truncate_text(out, truncation);
  Form form = form_of(text);
  if (form == Form::date) out.resize(out.find('T'));
  if (form == Form::local) out.pop_back();
  give_text(context, out);
}

std::optional<int64_t> epoch_us(double value, int64_t unit_us) {
  double us = std::round(value * static_cast<double>(unit_us));
  bool fits = us >= static_cast<double>(kFirstUs) && us <= static_cast<double>(kLastUs);
  return fits ? std::optional(static_cast<int64_t>(us)) : std::nullopt;
}

std::optional<int64_t> epoch_us(int64_t value, int64_t unit_us) {
  int64_t us = 0;
  if (__builtin_mul_overflow(value, unit_us, &us)) return std::nullopt;
  return us >= kFirstUs && us <= kLastUs ? std::optional(us) : std::nullopt;
}

// A number written as text, which JSON and text columns may hold.
std::optional<int64_t> epoch_us(std::string_view number, int64_t unit_us) {
  int64_t whole = 0;
  const char* last = number.data() + number.size();
  auto [end, fault] = std::from_chars(number.data(), last, whole);
  if (fault == std::errc{} && end == last) return epoch_us(whole, unit_us);
  double real = 0;
  std::from_chars(number.data(), last, real);
  return epoch_us(real, unit_us);
}

void iso8601(sqlite3_context* context, int count, sqlite3_value** values) {
  if (is_null(values[0]) || (count == 2 && is_null(values[1]))) return sqlite3_result_null(context);
  size_t unit = 0;
  if (count == 2) {
    std::optional<size_t> found = index_of(kEpochUnits, text_of(values[1]));
    if (!found) return give_error(context, "iso8601() of a unit other than s, ms and us");
    unit = *found;
  }
  std::optional<int64_t> us;
  const char* fault = "iso8601() of a time outside of the years 0 to 9999";
  switch (sqlite3_value_type(values[0])) {
    case SQLITE_INTEGER:
      us = epoch_us(static_cast<int64_t>(sqlite3_value_int64(values[0])), kUnitUs[unit]);
      break;
    case SQLITE_FLOAT:
      us = epoch_us(sqlite3_value_double(values[0]), kUnitUs[unit]);
      break;
    default: {
      std::string_view text = text_of(values[0]);
      if (count == 2 && is_json_number(text)) {
        us = epoch_us(text, kUnitUs[unit]);
      } else {
        us = parse_timestamp_us(text);
        fault = "iso8601() of what is not a date and time";
      }
    }
  }
  if (!us) return give_error(context, fault);
  Scratch& out = state_of<Scratch>(context);
  out.clear();
  append_iso8601_utc(out, *us);
  give_text(context, out);
}

}  // namespace

void add_time_functions(sqlite3* db) {
  add_function<Scratch>(db, "date_trunc", 2, date_trunc);
  add_function<Scratch>(db, "iso8601", 1, iso8601);
  add_function<Scratch>(db, "iso8601", 2, iso8601);
}

std::span<const std::string_view> truncation_units() {
  return kTruncationUnits;
}

std::span<const std::string_view> epoch_units() {
  return kEpochUnits;
}

void refuse_local_time() {
  [[maybe_unused]] static const int kOnce =
      sqlite3_test_control(SQLITE_TESTCTRL_LOCALTIME_FAULT, 1);
}

}  // namespace waltrack
