#include "cli/moment_text.hpp"

#include <charconv>

#include "base/iso8601.hpp"

namespace waltrack {
namespace {

// Takes what it reads off the front of a text.
class TextEater {
 public:
  explicit TextEater(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool eat(std::string_view part) {
    if (!text_.starts_with(part)) return false;
    text_.remove_prefix(part.size());
    return true;
  }
  // A number of exactly so many digits; 0: of any.
  std::optional<int64_t> number(size_t digits = 0) {
    size_t length = text_.find_first_not_of("0123456789");
    if (length == std::string_view::npos) length = text_.size();
    if (length == 0 || (digits != 0 && length != digits) || length > 9) return std::nullopt;
    int64_t value = 0;
    std::from_chars(text_.data(), text_.data() + length, value);
    text_.remove_prefix(length);
    return value;
  }

 private:
  std::string_view text_;
};

std::optional<int64_t> seconds_of_age(std::string_view text) {
  TextEater eater(text);
  const std::optional<int64_t> number = eater.number();
  if (!number) return std::nullopt;
  eater.eat(" ");
  int64_t unit = 0;
  if (eater.eat("min")) {
    unit = 60;
  } else if (eater.eat("s")) {
    unit = 1;
  } else if (eater.eat("h")) {
    unit = 3600;
  } else if (eater.eat("d")) {
    unit = 86'400;
  }
  if (unit == 0 || !eater.at_end()) return std::nullopt;
  return *number * unit;
}

std::optional<int64_t> seconds_of_day(TextEater& eater) {
  const auto hour = eater.number(2);
  if (!hour || *hour > 23 || !eater.eat(":")) return std::nullopt;
  const auto minute = eater.number(2);
  if (!minute || *minute > 59) return std::nullopt;
  int64_t second = 0;
  if (eater.eat(":")) {
    const auto read = eater.number(2);
    if (!read || *read > 59) return std::nullopt;
    second = *read;
    if (eater.eat(".") && !eater.number()) return std::nullopt;
  }
  return (*hour * 60 + *minute) * 60 + second;
}

// East of Greenwich is positive.
std::optional<int64_t> seconds_of_zone(TextEater& eater) {
  if (eater.at_end() || eater.eat("Z")) return 0;
  const bool west = eater.eat("-");
  if (!west && !eater.eat("+")) return std::nullopt;
  const auto hour = eater.number(2);
  if (!hour || *hour > 15) return std::nullopt;
  int64_t minute = 0;
  if (eater.eat(":")) {
    const auto read = eater.number(2);
    if (!read || *read > 59) return std::nullopt;
    minute = *read;
  }
  const int64_t seconds = (*hour * 60 + minute) * 60;
  return west ? -seconds : seconds;
}

bool is_day(int64_t year, int64_t month, int64_t day) {
  if (month < 1 || month > 12 || day < 1) return false;
  const int64_t next_year = month == 12 ? year + 1 : year;
  const auto next_month = static_cast<unsigned>(month == 12 ? 1 : month + 1);
  return day <= days_from_civil(next_year, next_month, 1) -
                    days_from_civil(year, static_cast<unsigned>(month), 1);
}

}  // namespace

std::optional<int64_t> parse_moment(std::string_view text, int64_t now_us) {
  constexpr int64_t kSecond = 1'000'000;
  if (const auto age = seconds_of_age(text)) return now_us - *age * kSecond;
  TextEater eater(text);
  const auto year = eater.number(4);
  if (!year || !eater.eat("-")) return std::nullopt;
  const auto month = eater.number(2);
  if (!month || !eater.eat("-")) return std::nullopt;
  const auto day = eater.number(2);
  if (!day || !is_day(*year, *month, *day)) return std::nullopt;
  int64_t seconds =
      days_from_civil(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day)) * 86'400;
  if (eater.at_end()) return seconds * kSecond;
  if (!eater.eat("T") && !eater.eat(" ")) return std::nullopt;
  const auto of_day = seconds_of_day(eater);
  if (!of_day) return std::nullopt;
  const auto zone = seconds_of_zone(eater);
  if (!zone || !eater.at_end()) return std::nullopt;
  seconds += *of_day - *zone;
  return seconds * kSecond;
}

std::string moment_text(int64_t us) {
  std::string text;
  append_iso8601_utc(text, us);
  return text;
}

std::string age_text(int64_t us, int64_t now_us) {
  const int64_t seconds = (now_us - us) / 1'000'000;
  if (seconds < 0) return "just now";
  if (seconds < 120) return std::to_string(seconds) + " s ago";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min ago";
  if (seconds < 172'800) return std::to_string(seconds / 3600) + " h ago";
  return std::to_string(seconds / 86'400) + " days ago";
}

std::string duration_text(int64_t seconds) {
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  if (seconds < 172'800) {
    return std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " min";
  }
  return std::to_string(seconds / 86'400) + " days";
}

}  // namespace waltrack
