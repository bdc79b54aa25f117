#include "cli/source_status.hpp"

#include <nlohmann/json.hpp>

#include "base/size_text.hpp"

namespace waltrack {
namespace {

int64_t bytes_between(Lsn from, Lsn to) {
  return to > from ? static_cast<int64_t>(to.value - from.value) : 0;
}

std::string slot_text(const SourceReading& reading) {
  std::string text = size_text(bytes_between(reading.confirmed, reading.position)) +
                     " of WAL not confirmed yet, " +
                     size_text(bytes_between(reading.restart, reading.position)) +
                     " kept for the slot";
  if (reading.safe_wal_bytes) {
    text += ", " + size_text(*reading.safe_wal_bytes) + " more until it is lost";
  }
  return reading.wal_status.empty() ? text : text + " (" + reading.wal_status + ")";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> source_lines(
    const SourceState& source, bool running, const std::function<std::string(int64_t)>& age) {
  std::vector<std::pair<std::string, std::string>> lines;
  const std::string when = running ? "" : "at the end: ";
  if (source.streaming) {
    lines.emplace_back("stream", when + "streaming, since " + age(source.since_us));
  } else if (!source.problem.empty()) {
    lines.emplace_back(
        "stream", when + "not streaming, since " + age(source.since_us) + ": " + source.problem);
  }
  if (!source.reading) return lines;
  const SourceReading& reading = *source.reading;
  lines.emplace_back("server", reading.server + (reading.standby ? ", a standby" : "") + ", at " +
                                   reading.position.text() + ", looked at " +
                                   age(reading.read_at_us));
  lines.emplace_back("slot", slot_text(reading));
  for (const std::string& warning : reading.warnings)
    lines.emplace_back("  attention", warning);
  for (const SkippedTable& skipped : reading.skipped) {
    lines.emplace_back("  not told", std::to_string(skipped.updates) + " updates and " +
                                         std::to_string(skipped.deletes) + " deletes of " +
                                         skipped.table + ", which has no replica identity");
  }
  return lines;
}

nlohmann::ordered_json source_json(const SourceState& source,
                                   const std::function<std::string(int64_t)>& time) {
  nlohmann::ordered_json json = {{"streaming", source.streaming},
                                 {"since", time(source.since_us)},
                                 {"problem", source.problem}};
  if (!source.reading) return json;
  const SourceReading& reading = *source.reading;
  json["looked_at"] = time(reading.read_at_us);
  json["server"] = reading.server;
  json["standby"] = reading.standby;
  json["position"] = reading.position.text();
  json["confirmed"] = reading.confirmed.text();
  json["unconfirmed_bytes"] = bytes_between(reading.confirmed, reading.position);
  json["kept_bytes"] = bytes_between(reading.restart, reading.position);
  json["wal_status"] = reading.wal_status;
  if (reading.safe_wal_bytes) {
    json["safe_wal_bytes"] = *reading.safe_wal_bytes;
  } else {
    json["safe_wal_bytes"] = nullptr;
  }
  json["warnings"] = reading.warnings;
  json["skipped"] = nlohmann::ordered_json::array();
  for (const SkippedTable& skipped : reading.skipped) {
    json["skipped"].push_back(
        {{"table", skipped.table}, {"updates", skipped.updates}, {"deletes", skipped.deletes}});
  }
  return json;
}

}  // namespace waltrack
