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

HistoryVerdict judge_history(const TimelineHistory& server, const StreamOrigin& origin, Lsn read,
                             Lsn confirmed) {
  using Kind = HistoryVerdict::Kind;
  if (origin.timeline == 0 || origin.timeline == server.timeline()) return {};
  if (server.timeline() < origin.timeline) return {Kind::server_older, {}};
  if (!server.end_of(origin.timeline)) return {Kind::unrelated, {}};
  for (const TimelineHistory::Ancestor& ancestor : server.ancestors()) {
    // Before ours all is shared.
    if (ancestor.timeline < origin.timeline || read <= ancestor.end) continue;
    if (confirmed <= ancestor.end) return {Kind::diverged, ancestor.end};
    if (!origin.standby) return {Kind::slot_beyond, ancestor.end};
  }
  return {};
}

}  // namespace waltrack
