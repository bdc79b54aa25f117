#include "cli/moment_text.hpp"

#include "base/iso8601.hpp"

namespace waltrack {

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
