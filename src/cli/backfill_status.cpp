#include "cli/backfill_status.hpp"

#include <nlohmann/json.hpp>

#include "base/terminal_text.hpp"
#include "cli/backfill_text.hpp"
#include "cli/moment_text.hpp"

namespace waltrack {
namespace {

using Json = nlohmann::ordered_json;

// Null where it is not known.
template <typename T>
Json known(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json moment(int64_t us) {
  return us == 0 ? Json(nullptr) : Json(moment_text(us));
}

Json backfill_json(const BackfillProgress& progress) {
  Json json = {
      {"table", progress.table.full_name()},
      {"phase", backfill_phase_name(progress.phase)},
      {"reason", progress.reason},
      {"caveat", progress.caveat},
      {"where", progress.where},
      {"rows_per_s", progress.rows_per_s},
      {"initial", progress.initial},
      {"started_at", moment(progress.started_at_us)},
      {"finished_at", moment(progress.finished_at_us)},
      {"rows", progress.rows},
      {"row_estimate", progress.row_estimate < 0 ? Json(nullptr) : Json(progress.row_estimate)},
      {"percent", known(backfill_percent(progress))},
      {"bytes", progress.bytes},
      {"rate", progress.rate},
      {"seconds_left", known(backfill_seconds_left(progress))},
      {"leaf", nullptr},
      {"leaves_done", Json::array()}};
  if (progress.leaf) json["leaf"] = progress.leaf->full_name();
  for (const TableName& leaf : progress.leaves_done)
    json["leaves_done"].push_back(leaf.full_name());
  return json;
}

bool is_worth_a_line(const BackfillProgress& progress, int64_t now_us) {
  constexpr int64_t kDayUs = int64_t{86'400} * 1'000'000;
  if (!progress.is_over() || progress.phase == BackfillPhase::failed) return true;
  return now_us - progress.finished_at_us < kDayUs;
}

}  // namespace

std::vector<std::string> backfill_lines(const StateStatus& status, int64_t now_us) {
  std::vector<std::string> lines;
  for (const BackfillProgress& progress : status.backfills) {
    if (is_worth_a_line(progress, now_us)) lines.push_back(backfill_sentence(progress, now_us));
  }
  for (const state::PendingRequest& pending : status.backfill_requests)
    lines.push_back(request_line(pending, now_us));
  return lines;
}

std::string request_line(const state::PendingRequest& pending, int64_t now_us) {
  const BackfillRequest& request = pending.request;
  std::string line = request.table.full_name() + ": " +
                     std::string(backfill_action_name(request.action)) + " asked " +
                     age_text(pending.requested_at_us, now_us) + ", waits for a run";
  if (!request.where.empty()) line += "; where " + request.where;
  return printable(line);
}

Json backfills_json(const std::vector<BackfillProgress>& backfills) {
  Json json = Json::array();
  for (const BackfillProgress& progress : backfills)
    json.push_back(backfill_json(progress));
  return json;
}

Json requests_json(const std::vector<state::PendingRequest>& requests) {
  Json json = Json::array();
  for (const state::PendingRequest& pending : requests) {
    const BackfillRequest& request = pending.request;
    json.push_back({{"number", request.number},
                    {"action", backfill_action_name(request.action)},
                    {"table", request.table.full_name()},
                    {"where", request.where},
                    {"rows_per_s", request.rows_per_s},
                    {"requested_at", moment_text(pending.requested_at_us)}});
  }
  return json;
}

}  // namespace waltrack
