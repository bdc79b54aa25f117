#include "postgres/plugin_choice.hpp"

#include <optional>
#include <utility>

#include "postgres/output_plugin_list.hpp"
#include "postgres/pg_quote.hpp"
#include "postgres/table_state.hpp"

namespace waltrack {
namespace {

constexpr const char* kAllowWal2json =
    "ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding, wal2json;  SELECT "
    "pg_reload_conf();  (no quotes around the list; keep what else it names)";
constexpr const char* kRefusal = "library \"wal2json\" may not be used as an output plugin";

PluginReason not_allowed() {
  return {PluginReason::Kind::not_allowed, "the server does not allow wal2json", kAllowWal2json};
}

PluginReason not_installed(const PgError& error) {
  return {PluginReason::Kind::not_installed, "the server has no wal2json", error.hint()};
}

std::optional<PluginReason> encoding_reason(PgConnection& connection) {
  const std::string encoding = connection.query("SHOW server_encoding").string(0, 0);
  if (encoding == "UTF8") return std::nullopt;
  return PluginReason{PluginReason::Kind::encoding,
                      "the database's encoding is " + encoding +
                          ", and wal2json does not convert it to UTF8, as pgoutput does",
                      {}};
}

// What a failed attempt says of wal2json; nothing when it failed for another reason.
std::optional<PluginReason> reason_of(const PgError& error) {
  if (std::string_view(error.what()).find("wal2json") == std::string_view::npos) {
    return std::nullopt;
  }
  if (error.sqlstate() == "58P01") return not_installed(error);
  if (error.sqlstate() == "42501") return not_allowed();
  return std::nullopt;
}

PluginDecision decide_by_name(PgConnection& connection, const SourceSettings& settings,
                              PluginTrial trial) {
  PluginDecision decision{Plugin::wal2json, wal2json_cautions(connection, settings)};
  for (const PluginReason& reason : decision.against_wal2json) {
    if (reason.kind != PluginReason::Kind::encoding) continue;
    throw Error(ErrorKind::usage, reason.what, connection.context().where,
                "use source.plugin: pgoutput with a new slot; one that was made with wal2json goes "
                "by SELECT pg_drop_replication_slot(" +
                    quote_literal(settings.slot) +
                    ");  and the state file has to be moved away with it: the next run starts from "
                    "the present");
  }
  if (!wal2json_is_allowed(connection)) {
    throw pg_error({"42501", kRefusal, {}}, connection.context());
  }
  if (trial == PluginTrial::temporary_slot) try_plugin(connection, settings.url, Plugin::wal2json);
  return decision;
}

PluginDecision decide_automatically(PgConnection& connection, const SourceSettings& settings,
                                    PluginTrial trial) {
  PluginDecision decision{Plugin::pgoutput, wal2json_cautions(connection, settings)};
  if (!wal2json_is_allowed(connection)) decision.against_wal2json.push_back(not_allowed());
  if (!decision.against_wal2json.empty()) return decision;
  try {
    if (trial == PluginTrial::temporary_slot)
      try_plugin(connection, settings.url, Plugin::wal2json);
    decision.plugin = Plugin::wal2json;
  } catch (const PgError& error) {
    std::optional<PluginReason> reason = reason_of(error);
    if (!reason) throw;
    decision.against_wal2json.push_back(std::move(*reason));
  }
  return decision;
}

}  // namespace

PluginDecision decide_plugin(PgConnection& connection, const SourceSettings& settings,
                             PluginTrial trial) {
  switch (settings.plugin) {
    case PluginChoice::automatic:
      return decide_automatically(connection, settings, trial);
    case PluginChoice::wal2json:
      return decide_by_name(connection, settings, trial);
    case PluginChoice::pgoutput:
      break;
  }
  return {Plugin::pgoutput, {}};
}

void try_plugin(const PgConnection& peer, const std::string& url, Plugin plugin) {
  PgConnection trial =
      PgConnection::open_beside(peer, url, PgMode::plain, std::chrono::seconds(10));
  trial.query("SET statement_timeout = '2s'");
  try {
    trial.query(
        "SELECT pg_create_logical_replication_slot('waltrack_trial_' || pg_backend_pid(), "
        "$1, true)",
        {std::string(plugin_name(plugin))});
    trial.query("SELECT pg_drop_replication_slot('waltrack_trial_' || pg_backend_pid())");
  } catch (const PgError& error) {
    constexpr std::string_view kCancelled = "57014";
    if (error.sqlstate() != kCancelled) throw;
  }
}

std::vector<PluginReason> wal2json_cautions(PgConnection& connection,
                                            const SourceSettings& settings) {
  std::vector<PluginReason> cautions;
  if (std::optional<PluginReason> encoding = encoding_reason(connection)) {
    cautions.push_back(std::move(*encoding));
  }
  for (const TableState& table :
       read_table_states(connection, settings.followed.tables, settings.publication)) {
    if (table.kind != TableState::Kind::partitioned) continue;
    cautions.push_back({PluginReason::Kind::partitions, partition_caution(table.name), {}});
  }
  return cautions;
}

bool wal2json_is_allowed(PgConnection& connection) {
  const std::optional<OutputPluginList> list = read_output_plugin_list(connection);
  return !list || list->names("wal2json");
}

}  // namespace waltrack
