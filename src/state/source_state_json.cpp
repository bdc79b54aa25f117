#include "state/source_state_json.hpp"

#include "state/json_field.hpp"

namespace waltrack::state {
namespace {

using Json = nlohmann::json;

Json to_json(const SourceReading& reading) {
  Json json = {{"read_at_us", reading.read_at_us},
               {"server", reading.server},
               {"standby", reading.standby},
               {"position", reading.position.text()},
               {"confirmed", reading.confirmed.text()},
               {"restart", reading.restart.text()},
               {"wal_status", reading.wal_status},
               {"warnings", reading.warnings},
               {"skipped", Json::array()}};
  if (reading.safe_wal_bytes) json["safe_wal_bytes"] = *reading.safe_wal_bytes;
  for (const SkippedRowCount& skipped : reading.skipped) {
    json["skipped"].push_back(
        {{"table", skipped.table}, {"updates", skipped.updates}, {"deletes", skipped.deletes}});
  }
  return json;
}

Lsn lsn_field(const Json& object, const char* key) {
  return Lsn::parse(json_field<std::string>(object, key)).value_or(Lsn{});
}

SourceReading reading_of(const Json& json) {
  SourceReading reading;
  reading.read_at_us = json_field<int64_t>(json, "read_at_us");
  reading.server = json_field<std::string>(json, "server");
  reading.standby = json_field<bool>(json, "standby");
  reading.position = lsn_field(json, "position");
  reading.confirmed = lsn_field(json, "confirmed");
  reading.restart = lsn_field(json, "restart");
  reading.wal_status = json_field<std::string>(json, "wal_status");
  reading.warnings = json_field<std::vector<std::string>>(json, "warnings");
  if (json.contains("safe_wal_bytes")) {
    reading.safe_wal_bytes = json_field<int64_t>(json, "safe_wal_bytes");
  }
  for (const Json& skipped : json_field<std::vector<Json>>(json, "skipped")) {
    if (!skipped.is_object()) continue;
    reading.skipped.push_back({json_field<std::string>(skipped, "table"),
                               json_field<uint64_t>(skipped, "updates"),
                               json_field<uint64_t>(skipped, "deletes")});
  }
  return reading;
}

}  // namespace

std::string source_state_text(const SourceState& source) {
  Json json = {{"streaming", source.streaming},
               {"since_us", source.since_us},
               {"problem", source.problem},
               {"timeline", source.origin.timeline},
               {"from_standby", source.origin.standby}};
  if (source.reading) json["reading"] = to_json(*source.reading);
  // A server's words may be in any encoding.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

SourceState read_source_state(std::string_view text) {
  SourceState source;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return source;
  source.streaming = json_field<bool>(json, "streaming");
  source.since_us = json_field<int64_t>(json, "since_us");
  source.problem = json_field<std::string>(json, "problem");
  source.origin = {json_field<uint32_t>(json, "timeline"), json_field<bool>(json, "from_standby")};
  if (const Json* reading = json_part(json, "reading")) source.reading = reading_of(*reading);
  return source;
}

}  // namespace waltrack::state
