#include "cli/config_keys.hpp"

#include <array>

namespace waltrack {
namespace {

constexpr std::array kRoot = {
    ConfigKey{"source", "the database that is watched", ConfigShape::section, true},
    ConfigKey{"destination", "where the events go", ConfigShape::section, true},
    ConfigKey{"backfill", "how rows that are there already are read", ConfigShape::section},
    ConfigKey{"dead_letters", "what is kept of events that can never be sent",
              ConfigShape::section},
    ConfigKey{"spool", "a log on this disk for events while the destination is away",
              ConfigShape::section},
    ConfigKey{"state", "the state file, on a local disk, for one waltrack alone", ConfigShape::text,
              false, "waltrack.db"},
    ConfigKey{"mappings", "the folder of the mapping files", ConfigShape::text, false, "mappings/"},
    ConfigKey{"memory", "for events that wait to be sent; KB, MB and GB are powers of 1024",
              ConfigShape::size, false, "32MB"},
    ConfigKey{"web", "where to serve health and metrics, such as 127.0.0.1:8080; absent: nowhere",
              ConfigShape::address},
    ConfigKey{"web_token", "a secret that readers of metrics must show; needed beyond this machine",
              ConfigShape::text},
    ConfigKey{"web_token_file", "a file that holds it", ConfigShape::text},
};

constexpr std::array kSource = {
    ConfigKey{"url", "any libpq connection string, such as postgres://waltrack@db/shop",
              ConfigShape::text, true},
    ConfigKey{"slot", "the replication slot, made at the first start", ConfigShape::slot, false,
              "waltrack"},
    ConfigKey{"plugin", "auto: wal2json where the server has and allows it, else pgoutput",
              ConfigShape::plugin, false, "auto"},
    ConfigKey{"publication", "for pgoutput", ConfigShape::publication, false, "waltrack"},
    ConfigKey{"primary_url",
              "where url is a standby: its primary, asked to help when the slot is made",
              ConfigShape::text},
    ConfigKey{"backfill_url", "a replica that existing rows are read from, instead of url",
              ConfigShape::text},
    ConfigKey{"failover", "the slot is copied to standbys and survives a failover (Postgres 17)",
              ConfigShape::flag, false, "false"},
    ConfigKey{"headroom_warning", "warn when the slot is this close to being lost",
              ConfigShape::size, false, "1GB"},
};

constexpr std::array kDestination = {
    ConfigKey{"write_key", "the Segment source's write key", ConfigShape::write_key},
    ConfigKey{"write_key_file", "a file that holds the write key", ConfigShape::text},
    ConfigKey{"region", "of the Segment workspace", ConfigShape::region, false, "us"},
    ConfigKey{"url", "another receiver's batch endpoint, instead of a region", ConfigShape::text},
    ConfigKey{"id", "part of every message id; made up at the first start if absent",
              ConfigShape::destination_id},
    ConfigKey{"lanes", "requests at the same time; one user's events stay in order",
              ConfigShape::lanes, false, "8"},
};

constexpr std::array kBackfill = {
    ConfigKey{"readers", "connections that read existing rows at the same time",
              ConfigShape::readers, false, "2"},
    ConfigKey{"chunk", "of existing rows read at once, from 4KB to 64MB", ConfigShape::chunk_size,
              false, "4MB"},
};

constexpr std::array kDeadLetters = {
    ConfigKey{"max", "so many are kept; then delivery waits until some are replayed or dropped",
              ConfigShape::count, false, "100000"},
    ConfigKey{"keep_payload", "false: only where an event came from, so it can't be replayed",
              ConfigShape::flag, false, "true"},
};

constexpr std::array kSpool = {
    ConfigKey{"path", "its folder, on a local disk, for this one waltrack alone", ConfigShape::text,
              true},
    ConfigKey{"max_bytes", "so much of the disk; when it is full reading stops", ConfigShape::size,
              false, "1GB"},
    ConfigKey{"after", "so long the destination has to be away before events go there",
              ConfigShape::duration, false, "30s"},
};

constexpr std::array kRootChoices = {ConfigChoice{"web_token", "web_token_file"}};
constexpr std::array kDestinationChoices = {
    ConfigChoice{"write_key", "write_key_file", true},
    ConfigChoice{"region", "url"},
};

constexpr std::array kPlugins = {std::string_view("auto"), std::string_view("wal2json"),
                                 std::string_view("pgoutput")};
constexpr std::array kRegions = {std::string_view("us"), std::string_view("eu")};
constexpr std::array kFlags = {std::string_view("false"), std::string_view("true")};

}  // namespace

std::span<const ConfigKey> config_keys(ConfigMap map) {
  switch (map) {
    case ConfigMap::root:
      return kRoot;
    case ConfigMap::source:
      return kSource;
    case ConfigMap::backfill:
      return kBackfill;
    case ConfigMap::dead_letters:
      return kDeadLetters;
    case ConfigMap::spool:
      return kSpool;
    case ConfigMap::destination:
      break;
  }
  return kDestination;
}

std::vector<std::string> config_key_names(ConfigMap map) {
  std::vector<std::string> names;
  for (const ConfigKey& key : config_keys(map))
    names.emplace_back(key.name);
  return names;
}

std::span<const ConfigChoice> config_choices(ConfigMap map) {
  if (map == ConfigMap::root) return kRootChoices;
  if (map == ConfigMap::destination) return kDestinationChoices;
  return {};
}

std::span<const std::string_view> config_words(ConfigShape shape) {
  if (shape == ConfigShape::plugin) return kPlugins;
  if (shape == ConfigShape::region) return kRegions;
  if (shape == ConfigShape::flag) return kFlags;
  return {};
}

}  // namespace waltrack
