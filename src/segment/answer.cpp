#include "segment/answer.hpp"

#include <algorithm>
#include <charconv>
#include <curl/curl.h>
#include <optional>
#include <simdjson.h>

namespace waltrack {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kMostRetryAfterSeconds = 3600;
constexpr size_t kExcerptCharacters = 200;

// A rate limit that resets at a number above this means a time, not a duration: 2001-09-09.
constexpr int64_t kLeastEpochSeconds = 1'000'000'000;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Whole seconds; a number too long for 64 bits is the most there is.
std::optional<int64_t> parse_seconds(std::string_view text) {
  text = trim(text);
  int64_t seconds = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (fault == std::errc::invalid_argument) return std::nullopt;
  if (fault == std::errc::result_out_of_range) return text.front() == '-' ? 0 : INT64_MAX;
  // "1.5" and "2s" are not in the RFC; their whole part is near enough. "12 Nov 2026 …" is a date.
  if (end != text.data() + text.size() && *end == ' ') return std::nullopt;
  return seconds;
}

milliseconds bounded(int64_t seconds) {
  return milliseconds(1000 * std::clamp<int64_t>(seconds, 0, kMostRetryAfterSeconds));
}

// RFC 9110, section 10.2.3.
std::optional<milliseconds> asked_wait(const Answer& answer, int64_t now_us) {
  const int64_t now = now_us / 1'000'000;
  if (const auto seconds = parse_seconds(answer.retry_after)) return bounded(*seconds);
  if (!trim(answer.retry_after).empty()) {
    const time_t date = curl_getdate(std::string(answer.retry_after).c_str(), nullptr);
    if (date != -1) return bounded(static_cast<int64_t>(date) - now);
  }
  if (const auto seconds = parse_seconds(answer.rate_limit_reset)) {
    return bounded(*seconds >= kLeastEpochSeconds ? *seconds - now : *seconds);
  }
  return std::nullopt;
}

// The start of the body on one line, without what could move a terminal's cursor.
std::string excerpt(std::string_view body) {
  std::string text;
  size_t characters = 0;
  bool cut = false;
  for (size_t i = 0; i < body.size(); ++i) {
    const auto byte = static_cast<unsigned char>(body[i]);
    const bool continues = (byte & 0xC0) == 0x80;
    if (!continues && characters == kExcerptCharacters) {
      cut = true;
      break;
    }
    // The C1 controls are C2 80 to C2 9F in UTF-8.
    const bool c1 = byte == 0xC2 && i + 1 < body.size() &&
                    static_cast<unsigned char>(body[i + 1]) >= 0x80 &&
                    static_cast<unsigned char>(body[i + 1]) <= 0x9F;
    if (c1) ++i;
    if (c1 || byte < 0x20 || byte == 0x7F) {
      if (!text.empty() && text.back() != ' ') text.push_back(' ');
      continue;
    }
    text.push_back(body[i]);
    if (!continues) ++characters;
  }
  std::string trimmed(trim(text));
  if (cut) trimmed.append("…");
  return trimmed;
}

// Jitsu answers 200 with {"ok":false,"errors":[…]}; a body cut at its bound no longer parses, hence
// the look at how it begins.
bool denies(std::string_view body) {
  if (body.find("false") == std::string_view::npos) return false;
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(body);
  simdjson::dom::object object;
  if (parser.parse(padded).get_object().get(object) != simdjson::SUCCESS) {
    return body.starts_with(R"({"ok":false)");
  }
  bool said = true;
  if (object["ok"].get_bool().get(said) == simdjson::SUCCESS && !said) return true;
  return object["success"].get_bool().get(said) == simdjson::SUCCESS && !said;
}

std::string hold_hint(int status) {
  if (status >= 300 && status < 400) {
    return "destination.url must be the final address: redirects are not followed";
  }
  switch (status) {
    case 400:
    case 413:
    case 422:
      return "the receiver refused the batch; point destination.url at `waltrack receive` to see "
             "the "
             "events";
    case 401:
    case 403:
      return "check destination.write_key, and that it belongs to this destination.region";
    case 402:
      return "the account's plan does not take the events: see the receiver's billing page";
    case 404:
    case 405:
    case 410:
      return "check destination.url: it must be the full address of the batch call, such as "
             "https://api.segment.io/v1/batch";
    case 415:
      return "the receiver must take gzip-compressed JSON: check destination.url";
    default:
      return "check destination.url and what stands between here and the receiver";
  }
}

}  // namespace

Outcome judge(const Answer& answer, int64_t now_us) {
  Outcome outcome;
  if (!answer.failure.empty()) {
    outcome.verdict = Outcome::Verdict::retry;
    outcome.reason = answer.failure;
    outcome.answer = answer.failure_word;
    return outcome;
  }
  const int status = answer.status;
  outcome.answer = std::to_string(status);
  outcome.reason = "HTTP " + outcome.answer;
  if (status >= 200 && status < 300) {
    if (!denies(answer.body)) {
      outcome.verdict = Outcome::Verdict::accepted;
      return outcome;
    }
    outcome.verdict = Outcome::Verdict::refused;
    outcome.reason.append(", yet not taken");
    outcome.said = excerpt(answer.body);
    outcome.hint = hold_hint(400);
    return outcome;
  }
  if (status == 408 || status == 429 || status >= 500) {
    outcome.verdict = Outcome::Verdict::retry;
    outcome.retry_after = asked_wait(answer, now_us);
    return outcome;
  }
  const bool of_events = status == 400 || status == 413;
  outcome.verdict = of_events ? Outcome::Verdict::refused : Outcome::Verdict::hold;
  outcome.said = excerpt(answer.body);
  outcome.hint = hold_hint(status);
  return outcome;
}

}  // namespace waltrack
