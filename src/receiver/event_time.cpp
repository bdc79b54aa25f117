#include "receiver/event_time.hpp"

#include <cctype>

#include "base/iso8601.hpp"

namespace waltrack {
namespace {

// Takes what it expects off the front of a text; once it failed, it stays failed.
class Taker {
 public:
  explicit Taker(std::string_view text) : rest_(text) {}

  int64_t digits(size_t count, int64_t low, int64_t high) {
    int64_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      if (i >= rest_.size() || std::isdigit(static_cast<unsigned char>(rest_[i])) == 0) {
        good_ = false;
        return 0;
      }
      value = 10 * value + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    if (value < low || value > high) good_ = false;
    return value;
  }

  bool take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    taken_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  void expect(std::string_view any_of) {
    if (!take(any_of)) good_ = false;
  }

  int64_t fraction_us() {
    int64_t us = 0;
    int64_t unit = 100'000;
    size_t count = 0;
    while (count < rest_.size() && std::isdigit(static_cast<unsigned char>(rest_[count])) != 0) {
      us += unit * (rest_[count] - '0');
      unit /= 10;
      ++count;
    }
    if (count == 0) good_ = false;
    rest_.remove_prefix(count);
    return us;
  }

  char taken() const { return taken_; }
  bool is_done() const { return rest_.empty(); }
  bool good() const { return good_; }

 private:
  std::string_view rest_;
  char taken_ = '\0';
  bool good_ = true;
};

}  // namespace

std::optional<int64_t> parse_event_time(std::string_view text) {
  constexpr int64_t kSecondUs = 1'000'000;
  Taker taker(text);
  const int64_t year = taker.digits(4, 0, 9999);
  taker.expect("-");
  const int64_t month = taker.digits(2, 1, 12);
  taker.expect("-");
  const int64_t day = taker.digits(2, 1, 31);
  if (!taker.good()) return std::nullopt;
  int64_t us = days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day)) *
               86'400 * kSecondUs;
  if (taker.is_done()) return us;
  taker.expect("Tt ");
  us += taker.digits(2, 0, 24) * 3'600 * kSecondUs;
  taker.expect(":");
  us += taker.digits(2, 0, 59) * 60 * kSecondUs;
  if (taker.take(":")) {
    us += taker.digits(2, 0, 60) * kSecondUs;
    if (taker.take(".,")) us += taker.fraction_us();
  }
  if (!taker.take("Zz") && taker.take("+-")) {
    const int64_t sign = taker.taken() == '-' ? 1 : -1;
    us += sign * taker.digits(2, 0, 23) * 3'600 * kSecondUs;
    const bool with_colon = taker.take(":");
    if (with_colon || !taker.is_done()) us += sign * taker.digits(2, 0, 59) * 60 * kSecondUs;
  }
  if (!taker.good() || !taker.is_done()) return std::nullopt;
  return us;
}

int64_t corrected_event_time(std::string_view timestamp, std::string_view sent_at,
                             int64_t received_us) {
  const auto happened = parse_event_time(timestamp);
  if (!happened) return received_us;
  const auto sent = parse_event_time(sent_at);
  if (!sent) return *happened;
  return received_us - (*sent - *happened);
}

}  // namespace waltrack
