#include "state/run_figures_json.hpp"

#include <algorithm>

#include "state/json_field.hpp"

namespace waltrack::state {
namespace {

using Json = nlohmann::json;

template <typename T>
std::optional<T> optional_field(const Json& object, const char* key) {
  if (!object.contains(key)) return std::nullopt;
  return json_field<T>(object, key);
}

template <typename T>
void put(Json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

// The objects in the list under a key.
std::vector<Json> objects(const Json& json, const char* key) {
  std::vector<Json> list = json_field<std::vector<Json>>(json, key);
  std::erase_if(list, [](const Json& one) { return !one.is_object(); });
  return list;
}

template <typename Array>
void take(const Json& json, const char* key, Array& to) {
  const auto numbers = json_field<std::vector<uint64_t>>(json, key);
  std::copy_n(numbers.begin(), std::min(numbers.size(), to.size()), to.begin());
}

Json lists_of(const RunFigures& figures) {
  Json lists = {{"requests", Json::array()},
                {"rules", Json::array()},
                {"backfills", Json::array()},
                {"stages", Json::array()}};
  for (const RequestCount& one : figures.requests) {
    lists["requests"].push_back(
        {{"result", one.result}, {"answer", one.answer}, {"count", one.count}});
  }
  for (const RuleCount& one : figures.rules) {
    lists["rules"].push_back({{"table", one.table},
                              {"rule", one.rule},
                              {"seen", one.seen},
                              {"matched", one.matched},
                              {"skipped", one.skipped},
                              {"sent", one.sent},
                              {"dead", one.dead}});
  }
  for (const BackfillFigure& one : figures.backfills)
    lists["backfills"].push_back({{"table", one.table}, {"phase", one.phase}, {"rows", one.rows}});
  for (const StageFigure& one : figures.stages) {
    Json stage = {{"name", one.name},
                  {"turned_at_us", one.turned_at_us},
                  {"stuck", one.stuck},
                  {"reason", one.reason}};
    put(stage, "no_progress_from_us", one.no_progress_from_us);
    lists["stages"].push_back(std::move(stage));
  }
  return lists;
}

void read_lists(const Json& json, RunFigures& figures) {
  for (const Json& one : objects(json, "requests")) {
    figures.requests.push_back({json_field<std::string>(one, "result"),
                                json_field<std::string>(one, "answer"),
                                json_field<uint64_t>(one, "count")});
  }
  for (const Json& one : objects(json, "rules")) {
    RuleCount& rule = figures.rules.emplace_back();
    rule.table = json_field<std::string>(one, "table");
    rule.rule = json_field<std::string>(one, "rule");
    rule.seen = json_field<uint64_t>(one, "seen");
    rule.matched = json_field<uint64_t>(one, "matched");
    take(one, "skipped", rule.skipped);
    rule.sent = json_field<uint64_t>(one, "sent");
    rule.dead = json_field<uint64_t>(one, "dead");
  }
  for (const Json& one : objects(json, "backfills")) {
    figures.backfills.push_back({json_field<std::string>(one, "table"),
                                 json_field<std::string>(one, "phase"),
                                 json_field<uint64_t>(one, "rows")});
  }
  for (const Json& one : objects(json, "stages")) {
    figures.stages.push_back(
        {json_field<std::string>(one, "name"), json_field<int64_t>(one, "turned_at_us"),
         json_field<bool>(one, "stuck"), optional_field<int64_t>(one, "no_progress_from_us"),
         json_field<std::string>(one, "reason")});
  }
}

}  // namespace

std::string run_figures_text(const RunFigures& figures) {
  Json json = {{"taken_at_us", figures.taken_at_us},
               {"started_at_us", figures.started_at_us},
               {"version", figures.version},
               {"streaming", figures.streaming},
               {"problem", figures.problem},
               {"flowing", figures.flowing},
               {"delivery", figures.delivery},
               {"rows", figures.rows},
               {"backfilled_rows", figures.backfilled_rows},
               {"checkpoint", figures.checkpoint.text()},
               {"checkpoint_at_us", figures.checkpoint_at_us},
               {"lag_s", figures.lag_s},
               {"queue_bytes", figures.queue_bytes},
               {"unfinished_events", figures.unfinished_events},
               {"ledger_entries", figures.ledger_entries},
               {"ledger_bytes", figures.ledger_bytes},
               {"dead_letter_queue_bytes", figures.dead_letter_queue_bytes},
               {"memory_bytes", figures.memory_bytes},
               {"sent_events", figures.sent_events},
               {"dead_letters", figures.dead_letters},
               {"request_times", figures.request_times.counts},
               {"request_times_sum_s", figures.request_times.sum_s}};
  put(json, "lag_bytes", figures.lag_bytes);
  put(json, "retained_wal_bytes", figures.retained_wal_bytes);
  put(json, "slot_headroom_bytes", figures.slot_headroom_bytes);
  put(json, "dead_letter_room", figures.dead_letter_room);
  if (const auto& spool = figures.spool) {
    json["spool"] = {{"events", spool->events},
                     {"bytes", spool->bytes},
                     {"most_bytes", spool->most_bytes},
                     {"full", spool->full}};
  }
  json.update(lists_of(figures));
  // A server's words may be in any encoding.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

RunFigures read_run_figures(std::string_view text) {
  RunFigures figures;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return figures;
  figures.taken_at_us = json_field<int64_t>(json, "taken_at_us");
  figures.started_at_us = json_field<int64_t>(json, "started_at_us");
  figures.version = json_field<std::string>(json, "version");
  figures.streaming = json_field<bool>(json, "streaming");
  figures.problem = json_field<std::string>(json, "problem");
  figures.flowing = json_field<bool>(json, "flowing");
  figures.delivery = json_field<std::string>(json, "delivery");
  if (const auto found = json.find("spool"); found != json.end() && found->is_object()) {
    figures.spool = {json_field<uint64_t>(*found, "events"), json_field<uint64_t>(*found, "bytes"),
                     json_field<uint64_t>(*found, "most_bytes"), json_field<bool>(*found, "full")};
  }
  figures.rows = json_field<uint64_t>(json, "rows");
  figures.backfilled_rows = json_field<uint64_t>(json, "backfilled_rows");
  figures.checkpoint = Lsn::parse(json_field<std::string>(json, "checkpoint")).value_or(Lsn{});
  figures.checkpoint_at_us = json_field<int64_t>(json, "checkpoint_at_us");
  figures.lag_bytes = optional_field<uint64_t>(json, "lag_bytes");
  figures.lag_s = json_field<double>(json, "lag_s");
  figures.retained_wal_bytes = optional_field<uint64_t>(json, "retained_wal_bytes");
  figures.slot_headroom_bytes = optional_field<int64_t>(json, "slot_headroom_bytes");
  figures.queue_bytes = json_field<uint64_t>(json, "queue_bytes");
  figures.unfinished_events = json_field<uint64_t>(json, "unfinished_events");
  figures.ledger_entries = json_field<uint64_t>(json, "ledger_entries");
  figures.ledger_bytes = json_field<uint64_t>(json, "ledger_bytes");
  figures.dead_letter_queue_bytes = json_field<uint64_t>(json, "dead_letter_queue_bytes");
  figures.memory_bytes = json_field<uint64_t>(json, "memory_bytes");
  figures.sent_events = json_field<uint64_t>(json, "sent_events");
  figures.dead_letters = json_field<uint64_t>(json, "dead_letters");
  figures.dead_letter_room = optional_field<uint64_t>(json, "dead_letter_room");
  take(json, "request_times", figures.request_times.counts);
  figures.request_times.sum_s = json_field<double>(json, "request_times_sum_s");
  read_lists(json, figures);
  return figures;
}

}  // namespace waltrack::state
