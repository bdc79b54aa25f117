#include "base/iso8601.hpp"

namespace waltrack {
namespace {

constexpr int64_t kDayUs = 86'400'000'000;

void put_digits(char* at, int64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

// Both conversions: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
int64_t days_from_civil(int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<int64_t>(day_of_era) - 719468;
}

void append_iso8601_utc(std::string& out, int64_t us) {
  int64_t days = us / kDayUs;
  int64_t rest = us % kDayUs;
  if (rest < 0) {
    rest += kDayUs;
    --days;
  }
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned month_index = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * month_index + 2) / 5 + 1;
  const unsigned month = month_index < 10 ? month_index + 3 : month_index - 9;
  const int64_t year = static_cast<int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0);

  char text[] = "0000-00-00T00:00:00.000000Z";
  if (year < 0 || year > 9999) {
    // ISO 8601's expanded form: a sign and six digits.
    out.push_back(year < 0 ? '-' : '+');
    char expanded[6];
    put_digits(expanded, year < 0 ? -year : year, 6);
    out.append(expanded, 6);
  } else {
    put_digits(text, year, 4);
    out.append(text, 4);
  }
  put_digits(text + 5, month, 2);
  put_digits(text + 8, day, 2);
  const int64_t seconds = rest / 1'000'000;
  put_digits(text + 11, seconds / 3600, 2);
  put_digits(text + 14, seconds / 60 % 60, 2);
  put_digits(text + 17, seconds % 60, 2);
  put_digits(text + 20, rest % 1'000'000, 6);
  out.append(text + 4, 23);
}

}  // namespace waltrack
