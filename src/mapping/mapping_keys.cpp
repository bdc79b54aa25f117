#include "mapping/mapping_keys.hpp"

#include <algorithm>
#include <array>

#include "base/nearest.hpp"

namespace waltrack {
namespace {

constexpr MappingKey kUserId = {"user_id", "SQL: the user's id; null or '' = none"};
constexpr MappingKey kAnonymousId = {"anonymous_id", "SQL: the id of a user not known yet"};
constexpr MappingKey kTimestamp = {"timestamp", "SQL: when it happened; null = the commit time"};
constexpr MappingKey kWhen = {"when", "SQL: only rows for which it is true; adds up with AND"};
constexpr MappingKey kContext = {"context", "a map of values: the call's context"};
constexpr MappingKey kIntegrations = {"integrations", "a map: which Segment destinations get it"};
constexpr MappingKey kOn = {"on", "insert, update, delete, truncate, backfill, or a list of them"};
constexpr MappingKey kId = {"id", "tells apart rules of the same table, call and event"};

constexpr std::array kDocument = {
    MappingKey{"table", "the table, with its schema unless that is public"},
    kUserId,
    kAnonymousId,
    kTimestamp,
    kWhen,
    kContext,
    kIntegrations,
    MappingKey{"identify", "an identify call, or a list of them"},
    MappingKey{"track", "a track call, or a list of them"},
};

constexpr std::array kIdentify = {
    kOn,      kWhen,         MappingKey{"traits", "a map of values, or SQL that gives an object"},
    kUserId,  kAnonymousId,  kTimestamp,
    kContext, kIntegrations, kId,
};

constexpr std::array kTrack = {
    MappingKey{"event", "the event's name"},
    kOn,
    kWhen,
    MappingKey{"properties", "a map of values, or SQL that gives an object"},
    kUserId,
    kAnonymousId,
    kTimestamp,
    kContext,
    kIntegrations,
    kId,
};

constexpr std::array kLongValue = {
    MappingKey{"$sql", "SQL"},
    MappingKey{"$type", "string, number, integer, boolean, json or datetime"},
    MappingKey{"$literal", "a value as it stands"},
};

}  // namespace

std::span<const MappingKey> mapping_keys(MappingMap map) {
  switch (map) {
    case MappingMap::document:
      return kDocument;
    case MappingMap::identify:
      return kIdentify;
    case MappingMap::track:
      return kTrack;
    case MappingMap::long_value:
      return kLongValue;
  }
  return {};
}

std::vector<std::string> mapping_key_names(MappingMap map) {
  std::vector<std::string> names;
  for (const MappingKey& key : mapping_keys(map))
    names.emplace_back(key.name);
  return names;
}

void check_keys(const YamlNode& node, MappingMap map, std::string_view where,
                Diagnostics& diagnostics) {
  std::vector<std::string> known = mapping_key_names(map);
  for (const auto& [key, value] : node.entries) {
    if (std::find(known.begin(), known.end(), key.scalar) != known.end()) continue;
    diagnostics.error(key.place, "unknown key '" + key.scalar + "' in " + std::string(where),
                      suggest_name(key.scalar, known));
  }
}

}  // namespace waltrack
