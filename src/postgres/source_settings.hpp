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

// A connection string as it may be shown: key=value form without any secret. A string that libpq
// can't read is not shown at all, because nobody knows where the password in it is.
std::string masked_conninfo(const std::string& conninfo);

// Whether a password stands in it. A string that libpq can't read may hold one.
bool holds_password(const std::string& conninfo);

// A connection string for each host that `conninfo` names, without target_session_attrs; none where
// it names one host only. A secret as it is.
std::vector<std::string> urls_of_hosts(const std::string& conninfo);

}  // namespace waltrack
