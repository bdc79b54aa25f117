#include "postgres/slot.hpp"

#include "base/log.hpp"
#include "postgres/pg_quote.hpp"
#include "postgres/plugin_choice.hpp"
#include "postgres/publication.hpp"
#include "postgres/slot_creation.hpp"
#include "postgres/standby.hpp"

namespace waltrack {
namespace {

Lsn lsn_or_none(std::string_view text) {
  return Lsn::parse(text).value_or(Lsn{});
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
                    std::chrono::milliseconds limit, const std::function<bool()>& stop) {
  const PluginDecision decision = decide_plugin(connection, settings, PluginTrial::temporary_slot);
  if (decision.plugin == Plugin::pgoutput) {
    tell_of_pgoutput(settings, decision);
    // Before the slot: a slot can't see a publication that was made after it.
    see_to_publication(connection, settings);
  }
  return {decision.plugin, create_slot(connection, settings, decision.plugin, limit, stop), true};
}

PreparedSlot reuse(PgConnection& connection, const SourceSettings& settings,
                   const SlotState& slot) {
  const Plugin plugin = check_slot(slot, settings, connection.context());
  if (slot.is_lost()) throw lost_slot(connection, settings.slot, slot);
  if (slot.confirmed.is_none()) {
    throw Error(ErrorKind::transient, "slot " + settings.slot + " is still being made",
                connection.context().where);
  }
  if (plugin == Plugin::wal2json) {
    SourceSettings named = settings;  // it keeps its plugin, so that this one has to do
    named.plugin = PluginChoice::wal2json;
    decide_plugin(connection, named, PluginTrial::none);
  }
  if (plugin == Plugin::pgoutput) {
    // Made anew it would not do: the slot can't see one that is younger than what it decodes.
    if (!read_publication(connection, settings.publication).exists) {
      throw pg_error({"42704", "publication \"" + settings.publication + "\" does not exist", {}},
                     connection.context());
    }
    if (see_to_publication(connection, settings)) {
      log::warn("the publication lacked a mapped table; its changes before now are not sent",
                {{"publication", settings.publication}});
    }
  }
  if (settings.failover && !slot.failover) make_failover_slot(settings);
  return {plugin, slot.confirmed, false};
}

// The columns that tell of it came one by one.
std::string slot_columns(int server_version) {
  std::string columns =
      "plugin, database, confirmed_flush_lsn, restart_lsn, active_pid, wal_status, safe_wal_size, ";
  if (server_version >= kFailoverSlots) return columns + "invalidation_reason, failover, synced";
  if (server_version >= kStandbyDecodes) {
    return columns + "CASE WHEN conflicting THEN 'conflict' END, false, false";
  }
  return columns + "NULL, false, false";
}

struct Cause {
  std::string_view invalidation;
  std::string_view what;
  std::string_view prevention;
};
constexpr Cause kCauses[] = {
    {"wal_removed", "the server removed WAL that it needed",
     "raise max_slot_wal_keep_size, or lower the lag"},
    {"rows_removed", "rows of the catalog that it needed were vacuumed away on the primary",
     "set hot_standby_feedback = on on the standby, and give it a physical slot "
     "(primary_slot_name)"},
    {"wal_level_insufficient", "wal_level of the primary went below logical",
     "ALTER SYSTEM SET wal_level = logical on the primary; restart it"},
    {"idle_timeout", "nobody read it for longer than idle_replication_slot_timeout",
     "raise that setting"},
    {"conflict", "the standby had to replay what it still needed",
     "set hot_standby_feedback = on on the standby, and give it a physical slot "
     "(primary_slot_name)"},
};

Cause cause_of(const SlotState& slot) {
  for (const Cause& cause : kCauses) {
    if (cause.invalidation == slot.invalidation) return cause;
  }
  // Before Postgres 17 a lost slot is one whose WAL was removed.
  return slot.invalidation.empty() ? kCauses[0] : Cause{"", "the server gave it up", ""};
}

}  // namespace

std::optional<SlotState> read_slot(PgConnection& connection, const std::string& name) {
  const PgResult rows =
      connection.query("SELECT " + slot_columns(connection.server_version()) +
                       " FROM pg_replication_slots WHERE slot_name = " + quote_literal(name));
  if (rows.rows() == 0) return std::nullopt;
  SlotState slot;
  slot.plugin = rows.string(0, 0);
  slot.database = rows.string(0, 1);
  slot.confirmed = lsn_or_none(rows.text(0, 2));
  slot.restart = lsn_or_none(rows.text(0, 3));
  if (!rows.is_null(0, 4)) slot.active_pid = static_cast<int>(rows.integer(0, 4));
  slot.wal_status = rows.string(0, 5);
  if (!rows.is_null(0, 6)) slot.safe_wal_bytes = rows.integer(0, 6);
  slot.invalidation = rows.string(0, 7);
  slot.failover = rows.boolean(0, 8);
  slot.synced = rows.boolean(0, 9);
  return slot;
}

std::string loss_cause(PgConnection& connection, const SlotState& slot) {
  const Cause cause = cause_of(slot);
  if (cause.invalidation != "wal_removed") return std::string(cause.what);
  return std::string(cause.what) + " (max_slot_wal_keep_size is " +
         connection.query("SHOW max_slot_wal_keep_size").string(0, 0) + ")";
}

Error lost_slot(PgConnection& connection, const std::string& name, const SlotState& slot) {
  const Cause cause = cause_of(slot);
  const std::string what = "slot " + name + " is lost: " + loss_cause(connection, slot) +
                           "; the changes since " + slot.confirmed.text() +
                           " that were not read are lost with it";
  std::string hint = "begin anew with what changes from now on: waltrack drop && waltrack run";
  if (!cause.prevention.empty()) hint += "; so that it lasts: " + std::string(cause.prevention);
  return Error(ErrorKind::failure, what, connection.context().where, hint);
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
                          std::chrono::milliseconds creation_limit,
                          const std::function<bool()>& stop) {
  PgConnection connection = PgConnection::open(settings.url, PgMode::plain);
  if (connection.server_version() < kStandbyDecodes && is_standby(connection)) {
    throw Error(ErrorKind::failure,
                "this server is a standby, and Postgres " +
                    std::to_string(connection.server_version() / 10000) +
                    " decodes on a primary only (16 and newer do on standbys)",
                connection.context().where,
                "stream from the primary: name it in source.url, and this replica in "
                "source.backfill_url");
  }
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
  const PreparedSlot prepared = slot ? reuse(connection, settings, *slot)
                                     : create(connection, settings, creation_limit, stop);
  if (prepared.plugin == Plugin::wal2json) {
    for (const PluginReason& caution : wal2json_cautions(connection, settings))
      log::warn(caution.what);
  }
  return prepared;
}

}  // namespace waltrack
