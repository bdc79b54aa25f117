#include "cli/backfill_text.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/size_text.hpp"
#include "cli/moment_text.hpp"

namespace waltrack {
namespace {

constexpr size_t kLeastBar = 10;
constexpr size_t kWidestBar = 30;

// Of the rows that it goes through. Of those that a condition leaves nobody knows.
std::optional<uint64_t> estimate_of(const BackfillProgress& progress) {
  if (progress.row_estimate < 0 || !progress.where.empty()) return std::nullopt;
  return static_cast<uint64_t>(progress.row_estimate);
}

// Whether its figures still move.
bool goes_on(const BackfillProgress& progress) {
  return progress.phase == BackfillPhase::running && progress.reason.empty();
}

std::string bytes_text(uint64_t bytes) {
  return size_text(static_cast<int64_t>(std::min<uint64_t>(bytes, INT64_MAX)));
}

std::string rows_text(const BackfillProgress& progress, const char* of) {
  const std::optional<uint64_t> estimate = estimate_of(progress);
  if (!estimate || progress.is_over()) {
    return count_text(progress.rows) + (progress.rows == 1 ? " row" : " rows");
  }
  return count_text(progress.rows) + of + count_text(*estimate) + " rows";
}

std::string left_text(const BackfillProgress& progress) {
  const std::optional<int64_t> seconds = backfill_seconds_left(progress);
  return seconds ? duration_text(*seconds) + " left" : std::string();
}

// "waits: …", "paused", …; empty when there is nothing to say but figures.
std::string phase_text(const BackfillProgress& progress) {
  if (goes_on(progress)) return {};
  const bool waits = progress.phase == BackfillPhase::running;
  std::string text(waits ? "waits" : backfill_phase_name(progress.phase));
  return progress.reason.empty() ? text : text + ": " + progress.reason;
}

Tint tint_of(const BackfillProgress& progress) {
  switch (progress.phase) {
    case BackfillPhase::done:
      return Tint::green;
    case BackfillPhase::failed:
      return Tint::red;
    case BackfillPhase::running:
      return progress.reason.empty() ? Tint::cyan : Tint::yellow;
    case BackfillPhase::paused:
    case BackfillPhase::cancelled:
      break;
  }
  return Tint::yellow;
}

std::string bar_text(int percent, size_t width) {
  const size_t full = width * static_cast<size_t>(percent) / 100;
  std::string bar;
  for (size_t i = 0; i < width; ++i)
    bar += i < full ? "█" : "░";
  return bar;
}

// One of the parts of a line, in the order in which they stand.
struct Part {
  std::string text;
  int importance = 0;  // the least goes first
};

size_t width_of(const std::vector<Part>& parts) {
  size_t width = 0;
  for (const Part& part : parts)
    width += part.text.empty() ? 0 : 2 + characters_of(part.text);
  return width;
}

void drop_least(std::vector<Part>& parts) {
  const auto least = std::ranges::min_element(
      parts, {}, [](const Part& part) { return part.text.empty() ? INT32_MAX : part.importance; });
  least->text.clear();
}

std::string percent_text(std::optional<int> percent) {
  if (!percent) return {};
  char text[16];
  std::snprintf(text, sizeof text, "%3d %%", *percent);
  return text;
}

std::vector<Part> figures(const BackfillProgress& progress) {
  std::vector<Part> parts = {{percent_text(backfill_percent(progress)), 6},
                             {rows_text(progress, " / about "), 5},
                             {bytes_text(progress.bytes), 1}};
  if (goes_on(progress)) {
    parts.push_back({progress.rate > 0 ? count_text(progress.rate) + "/s" : std::string(), 2});
    parts.push_back({left_text(progress), 3});
  } else {
    parts.push_back({printable(phase_text(progress)), 7});
  }
  return parts;
}

}  // namespace

std::optional<int> backfill_percent(const BackfillProgress& progress) {
  if (progress.phase == BackfillPhase::done) return 100;
  const std::optional<uint64_t> estimate = estimate_of(progress);
  if (!estimate) return std::nullopt;
  if (progress.rows == 0) return 0;
  const double share = static_cast<double>(progress.rows) / static_cast<double>(*estimate);
  return static_cast<int>(std::min(share * 100, 99.0));
}

std::optional<int64_t> backfill_seconds_left(const BackfillProgress& progress) {
  const std::optional<uint64_t> estimate = estimate_of(progress);
  if (!estimate || !goes_on(progress) || progress.rate == 0) return std::nullopt;
  if (progress.rows >= *estimate) return std::nullopt;
  return static_cast<int64_t>((*estimate - progress.rows) / progress.rate);
}

std::string count_text(uint64_t count) {
  constexpr uint64_t kMillion = 1'000'000;
  if (count >= 10 * kMillion) {
    constexpr const char* kUnits[] = {"M", "bn", "tn"};
    double short_count = static_cast<double>(count) / 1e6;
    size_t unit = 0;
    for (; short_count >= 10'000 && unit < 2; ++unit)
      short_count /= 1000;
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %s", short_count, kUnits[unit]);
    return text;
  }
  std::string text = std::to_string(count);
  for (size_t i = text.size(); i > 3; i -= 3)
    text.insert(i - 3, ",");
  return text;
}

std::string backfill_bar(const BackfillProgress& progress, size_t name_width, TextLook look) {
  std::string name = printable(progress.table.full_name());
  // A name leaves room for what is told of it.
  if (look.width > 0) name = cut_to(name, std::max<size_t>(look.width / 2, 1));
  name = padded(name, look.width > 0 ? std::min(name_width, look.width / 2) : name_width);
  std::vector<Part> parts = figures(progress);
  const size_t room = look.width == 0                    ? SIZE_MAX
                      : look.width > characters_of(name) ? look.width - characters_of(name)
                                                         : 0;
  const std::optional<int> percent = backfill_percent(progress);
  const auto has_bar = [&] { return percent && width_of(parts) + 2 + kLeastBar <= room; };
  const auto kept = [&] {
    return std::ranges::count_if(parts, [](const Part& part) { return !part.text.empty(); });
  };
  // Bytes and rate make way for a bar, the rest only for what matters more.
  while (percent && !has_bar() && kept() > 3)
    drop_least(parts);
  while (width_of(parts) > room && kept() > 1)
    drop_least(parts);
  std::string bar;
  if (has_bar()) {
    const size_t width =
        look.width == 0 ? kWidestBar : std::min(room - width_of(parts) - 2, kWidestBar);
    bar = "  " + tinted(look, tint_of(progress), bar_text(*percent, width));
  }
  // Percentage and bar come first, where those of several tables stand below one another.
  std::string line = name;
  for (const Part& part : parts) {
    if (!part.text.empty()) line += "  " + part.text;
    if (&part == &parts.front()) line += bar;
  }
  return bar.empty() ? cut_to(line, look.width) : line;
}

std::string backfill_sentence(const BackfillProgress& progress, int64_t now_us) {
  const std::string name = progress.table.full_name() + ": ";
  std::string text;
  if (progress.phase == BackfillPhase::done) {
    text = "done " + age_text(progress.finished_at_us, now_us) + ", " + rows_text(progress, "");
    if (!progress.caveat.empty()) text += "; not exact: " + progress.caveat;
    return printable(name + text);
  }
  text = phase_text(progress);
  if (progress.is_over()) text += ", " + age_text(progress.finished_at_us, now_us);
  const auto add = [&text](const std::string& more) {
    if (!more.empty()) text += (text.empty() ? "" : ", ") + more;
  };
  if (const std::optional<int> percent = backfill_percent(progress)) {
    add(std::to_string(*percent) + " %");
  }
  add(rows_text(progress, " of about "));
  add(bytes_text(progress.bytes));
  if (goes_on(progress) && progress.rate > 0) add(count_text(progress.rate) + " rows/s");
  add(left_text(progress));
  if (progress.rows_per_s > 0) add("at most " + count_text(progress.rows_per_s) + " rows/s");
  if (!progress.where.empty()) text += "; where " + progress.where;
  if (!progress.caveat.empty()) text += "; not exact: " + progress.caveat;
  return printable(name + text);
}

}  // namespace waltrack
