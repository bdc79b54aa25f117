#include "cli/figures_status.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/size_text.hpp"
#include "cli/moment_text.hpp"

namespace waltrack {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

std::string counted(uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

// "3", "0.4": of what happens a second since the run began.
std::string rate_text(uint64_t count, int64_t from_us, int64_t to_us) {
  const double seconds = std::max(1.0, static_cast<double>(to_us - from_us) / 1e6);
  const double rate = static_cast<double>(count) / seconds;
  char text[32];
  std::snprintf(text, sizeof text, rate < 10 ? "%.1f" : "%.0f", rate);
  return text;
}

std::string requests_text(const RunFigures& figures) {
  uint64_t all = 0;
  std::string others;
  for (const RequestCount& one : figures.requests) {
    all += one.count;
    if (one.result == "accepted") continue;
    others.append(others.empty() ? "" : ", ").append(std::to_string(one.count));
    others.append(" × ").append(one.answer).append(" (").append(one.result).append(")");
  }
  std::string text = counted(all, "request", "requests");
  if (all > 0) {
    char mean[32];
    std::snprintf(mean, sizeof mean, ", %.0f ms each",
                  1000 * figures.request_times.sum_s / static_cast<double>(all));
    text += mean;
  }
  const uint64_t longest = figures.request_times.counts.back();
  if (longest > 0) text += ", " + std::to_string(longest) + " of them above 30 s";
  return others.empty() ? text : text + ", not accepted: " + others;
}

// `age_us`: of the figures, while what they tell goes on.
std::string lag_text(const RunFigures& figures, int64_t age_us) {
  std::string text = figures.lag_bytes ? size_text(static_cast<int64_t>(*figures.lag_bytes)) +
                                             " of WAL behind the server"
                                       : std::string("the server's position is not known");
  const auto seconds =
      static_cast<int64_t>(figures.lag_s) + std::max<int64_t>(age_us, 0) / 1'000'000;
  if (figures.unfinished_events > 0) {
    text += ", the oldest waiting commit is " + duration_text(seconds) + " old";
  }
  return text;
}

void add_stages(const RunFigures& figures, int64_t now_us, Lines& lines) {
  const auto since = [&](int64_t from_us) {
    return duration_text(std::max<int64_t>(now_us - from_us, 0) / 1'000'000);
  };
  for (const StageFigure& stage : figures.stages) {
    if (stage.stuck) {
      lines.emplace_back("  stuck", stage.name + " hangs for " + since(stage.turned_at_us));
    } else if (stage.no_progress_from_us) {
      lines.emplace_back("  no progress", stage.name + " has work and got nothing done for " +
                                              since(*stage.no_progress_from_us) +
                                              (stage.reason.empty() ? "" : ": " + stage.reason));
    }
  }
}

nlohmann::ordered_json spool_json(const std::optional<SpoolFigure>& spool) {
  if (!spool) return nullptr;
  return {{"events", spool->events},
          {"bytes", spool->bytes},
          {"max_bytes", spool->most_bytes},
          {"full", spool->full}};
}

nlohmann::ordered_json stage_json(const StageFigure& stage) {
  nlohmann::ordered_json json = {{"name", stage.name},
                                 {"stuck", stage.stuck},
                                 {"turned_at", moment_text(stage.turned_at_us)},
                                 {"no_progress_from", nullptr},
                                 {"reason", stage.reason}};
  if (stage.no_progress_from_us) {
    json["no_progress_from"] = moment_text(*stage.no_progress_from_us);
  }
  return json;
}

template <typename T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace

Lines figure_lines(const RunFigures& figures, bool running, int64_t now_us) {
  Lines lines;
  const std::string when = running ? "" : "at the end: ";
  lines.emplace_back(
      "work", when + counted(figures.rows, "row read", "rows read") +
                  (figures.backfilled_rows == 0
                       ? ""
                       : ", " + std::to_string(figures.backfilled_rows) + " backfilled") +
                  ", " + counted(figures.sent_events, "event sent", "events sent") + " (" +
                  rate_text(figures.sent_events, figures.started_at_us, figures.taken_at_us) +
                  "/s), as of " + age_text(figures.taken_at_us, now_us));
  lines.emplace_back("lag", when + lag_text(figures, running ? now_us - figures.taken_at_us : 0));
  lines.emplace_back(
      "queue", when + counted(figures.unfinished_events, "event waits", "events wait") + ", " +
                   size_text(static_cast<int64_t>(figures.queue_bytes + figures.ledger_bytes +
                                                  figures.dead_letter_queue_bytes)) +
                   " of " + size_text(static_cast<int64_t>(figures.memory_bytes)));
  if (const auto& spool = figures.spool) {
    lines.emplace_back("spool", when + counted(spool->events, "event waits", "events wait") +
                                    " in it, " + size_text(static_cast<int64_t>(spool->bytes)) +
                                    " of " + size_text(static_cast<int64_t>(spool->most_bytes)) +
                                    (spool->full ? ", it takes no more" : ""));
  }
  lines.emplace_back("requests", when + requests_text(figures));
  add_stages(figures, now_us, lines);
  return lines;
}

nlohmann::ordered_json figures_json(const RunFigures& figures) {
  nlohmann::ordered_json json = {{"taken_at", moment_text(figures.taken_at_us)},
                                 {"started_at", moment_text(figures.started_at_us)},
                                 {"version", figures.version},
                                 {"rows", figures.rows},
                                 {"backfilled_rows", figures.backfilled_rows},
                                 {"sent_events", figures.sent_events},
                                 {"dead_letters", figures.dead_letters},
                                 {"dead_letter_room", or_null(figures.dead_letter_room)},
                                 {"lag_bytes", or_null(figures.lag_bytes)},
                                 {"lag_seconds", figures.lag_s},
                                 {"retained_wal_bytes", or_null(figures.retained_wal_bytes)},
                                 {"slot_headroom_bytes", or_null(figures.slot_headroom_bytes)},
                                 {"unfinished_events", figures.unfinished_events},
                                 {"queue_bytes", figures.queue_bytes},
                                 {"ledger_entries", figures.ledger_entries},
                                 {"ledger_bytes", figures.ledger_bytes},
                                 {"dead_letter_queue_bytes", figures.dead_letter_queue_bytes},
                                 {"spool", spool_json(figures.spool)},
                                 {"memory_bytes", figures.memory_bytes},
                                 {"requests", nlohmann::ordered_json::array()},
                                 {"request_seconds", figures.request_times.sum_s},
                                 {"rules", nlohmann::ordered_json::array()},
                                 {"stages", nlohmann::ordered_json::array()}};
  for (const RequestCount& one : figures.requests) {
    json["requests"].push_back(
        {{"result", one.result}, {"answer", one.answer}, {"count", one.count}});
  }
  for (const RuleCount& one : figures.rules) {
    json["rules"].push_back({{"table", one.table},
                             {"rule", one.rule},
                             {"seen", one.seen},
                             {"matched", one.matched},
                             {"skipped",
                              {{"other_change", one.skipped[0]},
                               {"when", one.skipped[1]},
                               {"same_output", one.skipped[2]}}},
                             {"sent", one.sent},
                             {"dead", one.dead}});
  }
  for (const StageFigure& stage : figures.stages)
    json["stages"].push_back(stage_json(stage));
  return json;
}

}  // namespace waltrack
