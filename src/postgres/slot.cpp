#include "postgres/slot.hpp"

#include "base/log.hpp"
#include "postgres/pg_quote.hpp"
#include "postgres/plugin_choice.hpp"
#include "postgres/publication.hpp"

namespace waltrack {
namespace {

Lsn lsn_or_none(std::string_view text) {
  return Lsn::parse(text).value_or(Lsn{});
}

PgError refused_wal2json(const PgContext& context) {
  return pg_error({"42501", "library \"wal2json\" may not be used as an output plugin", {}},
                  context);
}

Lsn create_slot(PgConnection& connection, const SourceSettings& settings, Plugin plugin,
                std::chrono::milliseconds limit) {
  connection.query("SET statement_timeout = " + std::to_string(limit.count()));
  const auto end_limit = [&] { connection.query("SET statement_timeout = 0"); };
  try {
    const PgResult made =
        connection.query("SELECT lsn FROM pg_create_logical_replication_slot($1, $2)",
                         {settings.slot, std::string(plugin_name(plugin))});
    end_limit();
    const Lsn confirmed = lsn_or_none(made.text(0, 0));
    log::info(
        "made the replication slot",
        {{"slot", settings.slot}, {"plugin", plugin_name(plugin)}, {"position", confirmed.text()}});
    return confirmed;
  } catch (const PgError& error) {
    if (error.sqlstate() == "57014") {
      throw Error(ErrorKind::transient,
                  "slot " + settings.slot + " can't be made while older transactions are open",
                  connection.context().where,
                  "end them, or wait: SELECT pid, xact_start, application_name, state FROM "
                  "pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY xact_start;");
    }
    if (!error.is_transient()) end_limit();
    throw;
  }
}

void tell_of_pgoutput(const SourceSettings& settings, const PluginDecision& decision) {
  for (const PluginReason& reason : decision.against_wal2json) {
    if (reason.fix.empty()) {
      log::info("using pgoutput for this slot", {{"slot", settings.slot}, {"reason", reason.what}});
    } else {
      log::warn(reason.what + ": using pgoutput for this slot",
                {{"slot", settings.slot}, {"to change it before the slot is made", reason.fix}});
    }
  }
}

PreparedSlot create(PgConnection& connection, const SourceSettings& settings,
                    std::chrono::milliseconds limit) {
  const PluginDecision decision = decide_plugin(connection, settings, PluginTrial::temporary_slot);
  if (decision.plugin == Plugin::pgoutput) {
    tell_of_pgoutput(settings, decision);
    // Before the slot: a slot can't see a publication that was made after it.
    ensure_publication(connection, settings);
  }
  return {decision.plugin, create_slot(connection, settings, decision.plugin, limit), true};
}

PreparedSlot reuse(PgConnection& connection, const SourceSettings& settings,
                   const SlotState& slot) {
  const Plugin plugin = check_slot(slot, settings, connection.context());
  if (slot.wal_status == "lost") {
    throw pg_error(
        {"55000", "can no longer get changes from replication slot \"" + settings.slot + "\"", {}},
        connection.context());
  }
  if (slot.confirmed.is_none()) {
    throw Error(ErrorKind::transient, "slot " + settings.slot + " is still being made",
                connection.context().where);
  }
  if (plugin == Plugin::wal2json && !wal2json_is_allowed(connection)) {
    throw refused_wal2json(connection.context());
  }
  if (plugin == Plugin::pgoutput) {
    // Made anew it would not do: the slot can't see one that is younger than what it decodes.
    if (!read_publication(connection, settings.publication).exists) {
      throw pg_error({"42704", "publication \"" + settings.publication + "\" does not exist", {}},
                     connection.context());
    }
    if (ensure_publication(connection, settings)) {
      log::warn("the publication lacked a mapped table; its changes before now are not sent",
                {{"publication", settings.publication}});
    }
  }
  return {plugin, slot.confirmed, false};
}

}  // namespace

std::optional<SlotState> read_slot(PgConnection& connection, const std::string& name) {
  const PgResult rows = connection.query(
      "SELECT plugin, database, confirmed_flush_lsn, restart_lsn, active_pid, wal_status, "
      "safe_wal_size FROM pg_replication_slots WHERE slot_name = " +
      quote_literal(name));
  if (rows.rows() == 0) return std::nullopt;
  SlotState slot;
  slot.plugin = rows.string(0, 0);
  slot.database = rows.string(0, 1);
  slot.confirmed = lsn_or_none(rows.text(0, 2));
  slot.restart = lsn_or_none(rows.text(0, 3));
  if (!rows.is_null(0, 4)) slot.active_pid = static_cast<int>(rows.integer(0, 4));
  slot.wal_status = rows.string(0, 5);
  if (!rows.is_null(0, 6)) slot.safe_wal_bytes = rows.integer(0, 6);
  return slot;
}

Plugin check_slot(const SlotState& slot, const SourceSettings& settings, const PgContext& context) {
  const std::string where = context.where + ", slot " + settings.slot;
  const bool known = slot.plugin == "wal2json" || slot.plugin == "pgoutput";
  if (!known) {
    throw Error(ErrorKind::usage,
                slot.plugin.empty() ? "the slot is a physical one"
                                    : "the slot has the output plugin " + slot.plugin +
                                          ", which waltrack does not read",
                where, "name another source.slot");
  }
  const Plugin plugin = slot.plugin == "wal2json" ? Plugin::wal2json : Plugin::pgoutput;
  const bool wanted = settings.plugin == PluginChoice::automatic ||
                      (settings.plugin == PluginChoice::wal2json) == (plugin == Plugin::wal2json);
  if (!wanted) {
    throw Error(ErrorKind::usage,
                "the slot was made with " + slot.plugin + ", but source.plugin names the other one",
                where,
                "a slot keeps its plugin: use source.plugin: auto (or " + slot.plugin +
                    "), or name another source.slot");
  }
  return plugin;
}

PreparedSlot prepare_slot(const SourceSettings& settings, bool may_create,
                          std::chrono::milliseconds creation_limit) {
  PgConnection connection = PgConnection::open(settings.url, PgMode::plain);
  const std::optional<SlotState> slot = read_slot(connection, settings.slot);
  if (slot && !slot->database.empty() && slot->database != connection.database()) {
    throw pg_error({"55000",
                    "replication slot \"" + settings.slot +
                        "\" was not created in this database but in " + slot->database,
                    {}},
                   connection.context());
  }
  if (!slot && !may_create) {
    throw pg_error({"42704", "replication slot \"" + settings.slot + "\" does not exist", {}},
                   connection.context());
  }
  const PreparedSlot prepared =
      slot ? reuse(connection, settings, *slot) : create(connection, settings, creation_limit);
  if (prepared.plugin == Plugin::wal2json) {
    for (const PluginReason& caution : wal2json_cautions(connection, settings))
      log::warn(caution.what);
  }
  return prepared;
}

}  // namespace waltrack
