#pragma once

#include <string>
#include <vector>

#include "postgres/pg_connection.hpp"
#include "postgres/source_settings.hpp"

namespace waltrack {

// Why a slot can't be, or should not be, one of wal2json's.
struct PluginReason {
  enum class Kind { not_allowed, not_installed, encoding, partitions };

  Kind kind;
  std::string what;
  std::string fix;  // what would make wal2json possible; empty: nothing is wrong with the server
};

// The plugin of a slot that is yet to be made.
struct PluginDecision {
  Plugin plugin = Plugin::pgoutput;
  std::vector<PluginReason> against_wal2json;  // none when pgoutput was asked for by name
};

// How far the decision may go to learn whether the server has wal2json. Only making a slot tells.
enum class PluginTrial { none, temporary_slot };

// The one place that decides it. Automatic means wal2json where the server has and allows it, but
// pgoutput where wal2json would lose something: partitioned tables, another encoding than UTF8.
// What speaks against a wal2json that was asked for by name is an Error, but for partitions, which
// are a reason in the answer. Whatever keeps the role from making any slot is thrown, too, when
// trying. The trial changes nothing; it takes at most two seconds.
PluginDecision decide_plugin(PgConnection& connection, const SourceSettings& settings,
                             PluginTrial trial);

// What a wal2json slot that exists will not do well in this database with these tables.
std::vector<PluginReason> wal2json_cautions(PgConnection& connection,
                                            const SourceSettings& settings);

// Makes a temporary slot with the plugin over a connection of its own beside `peer`, and drops it.
// Throws what keeps the role from it. The library is loaded before the server waits for the
// transactions that run, so that a wait of more than two seconds is answer enough.
void try_plugin(const PgConnection& peer, const std::string& url, Plugin plugin);

// Whether the server's list of allowed plugins names wal2json; true where there is no such list, or
// where the role may not see it (an ordinary one may not): then only trying tells.
bool wal2json_is_allowed(PgConnection& connection);

}  // namespace waltrack
