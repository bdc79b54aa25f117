#include "model/timeline_history.hpp"

#include <algorithm>
#include <charconv>

namespace waltrack {
namespace {

std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string_view take_word(std::string_view& line) {
  constexpr std::string_view kBlank = " \t\r";
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlank));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

std::optional<TimelineHistory> TimelineHistory::parse(uint32_t timeline, std::string_view text) {
  TimelineHistory history(timeline);
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::string_view number = take_word(line);
    if (number.empty() || number.starts_with('#')) continue;
    Ancestor ancestor;
    const auto [end, failed] =
        std::from_chars(number.data(), number.data() + number.size(), ancestor.timeline);
    const std::optional<Lsn> lsn = Lsn::parse(take_word(line));
    if (failed != std::errc() || end != number.data() + number.size() || !lsn) return std::nullopt;
    ancestor.end = *lsn;
    history.ancestors_.push_back(ancestor);
  }
  return history;
}

std::optional<Lsn> TimelineHistory::end_of(uint32_t timeline) const {
  for (const Ancestor& ancestor : ancestors_) {
    if (ancestor.timeline == timeline) return ancestor.end;
  }
  return std::nullopt;
}

HistoryVerdict judge_history(const TimelineHistory& server, uint32_t read_timeline, Lsn read,
                             Lsn confirmed) {
  using Kind = HistoryVerdict::Kind;
  if (read_timeline == 0 || read_timeline == server.timeline()) return {};
  if (server.timeline() < read_timeline) return {Kind::server_older, {}};
  const std::optional<Lsn> end = server.end_of(read_timeline);
  if (!end) return {Kind::unrelated, {}};
  if (read <= *end || confirmed > *end) return {};
  return {Kind::diverged, *end};
}

}  // namespace waltrack
