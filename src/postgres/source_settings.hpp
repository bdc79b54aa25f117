#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/followed.hpp"

namespace waltrack {

// The output plugin of a slot.
enum class Plugin { wal2json, pgoutput };

constexpr std::string_view plugin_name(Plugin plugin) {
  return plugin == Plugin::wal2json ? "wal2json" : "pgoutput";
}

// What the configuration asks for. Automatic is decided once, when the slot is made.
enum class PluginChoice { automatic, wal2json, pgoutput };

// Where changes come from: the `source` part of the configuration, and the tables of the mappings.
struct SourceSettings {
  std::string url;  // any libpq conninfo; may hold a password
  std::string slot = "waltrack";
  PluginChoice plugin = PluginChoice::automatic;
  std::string publication = "waltrack";  // pgoutput only
  std::string primary_url;               // where `url` is a standby: its primary; empty: not known
  std::string backfill_url;              // where existing rows are read from; empty: `url`
  bool failover = false;                 // the slot is to be copied to standbys (Postgres 17)
  uint64_t headroom_warning_bytes = uint64_t{1} << 30;  // warn below this much safe_wal_size
  Followed followed;
};

}  // namespace waltrack
