#include "cli/backfill_display.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "base/log.hpp"
#include "cli/backfill_text.hpp"
#include "cli/terminal.hpp"

namespace waltrack {
namespace {

constexpr std::chrono::seconds kLogInterval(10);

// A number, or that nobody knows it.
template <typename T>
log::Field known(const char* name, const std::optional<T>& number) {
  if (!number) return {name, "unknown"};
  return {name, static_cast<long long>(*number)};
}

void log_one(const BackfillProgress& progress) {
  log::info("backfill", {{"table", progress.table.full_name()},
                         {"phase", backfill_phase_name(progress.phase)},
                         {"rows", static_cast<unsigned long long>(progress.rows)},
                         known("percent", backfill_percent(progress)),
                         {"bytes", static_cast<unsigned long long>(progress.bytes)},
                         {"rows_per_s", static_cast<unsigned long long>(progress.rate)},
                         known("seconds_left", backfill_seconds_left(progress)),
                         {"reason", progress.reason}});
}

}  // namespace

BackfillDisplay::BackfillDisplay() : draws_(terminal_can_redraw()) {}

void BackfillDisplay::show(std::span<const BackfillProgress> backfills, SteadyTime now, bool last) {
  if (draws_) return draw(backfills);
  if (!last && logged_at_ && now - *logged_at_ < kLogInterval) return;
  logged_at_ = now;
  log_all(backfills);
}

void BackfillDisplay::log_all(std::span<const BackfillProgress> backfills) {
  for (const BackfillProgress& progress : backfills)
    log_one(progress);
}

void BackfillDisplay::draw(std::span<const BackfillProgress> backfills) {
  size_t name_width = 0;
  for (const BackfillProgress& progress : backfills)
    name_width = std::max(name_width, characters_of(progress.table.full_name()));
  // The terminal may have another width by now. A line that fills it would wrap on some.
  TextLook look = terminal_look();
  if (look.width > 1) --look.width;
  std::string text;
  if (drawn_lines_ > 0) text = "\x1b[" + std::to_string(drawn_lines_) + "F";
  for (const BackfillProgress& progress : backfills)
    text += backfill_bar(progress, name_width, look) + "\x1b[K\n";
  drawn_lines_ = backfills.size();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace waltrack
