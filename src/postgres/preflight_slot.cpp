#include "postgres/preflight_slot.hpp"

#include <algorithm>

#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

constexpr const char* kStartAnew =
    "`waltrack drop && waltrack run` does all of it: a new slot begins with the present; what "
    "changed "
    "since the checkpoint is not sent";

// Not on a slot that somebody reads.
Fix drop_fix(const std::string& slot, const std::string& condition, std::string text) {
  Fix fix;
  fix.sql.push_back({"SELECT pg_drop_replication_slot(" + quote_literal(slot) + ")",
                     "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE "
                     "slot_name = " +
                         quote_literal(slot) + " AND NOT active AND " + condition + ";"});
  fix.text = std::move(text);
  return fix;
}

// Megabytes, for settings that are told in them.
std::string shown_mb(int64_t megabytes) {
  return megabytes % 1024 == 0 && megabytes > 0 ? std::to_string(megabytes / 1024) + " GB"
                                                : std::to_string(megabytes) + " MB";
}

void check_kind(Inspection& look, const std::string& where) {
  const SlotState& slot = *look.slot;
  if (!slot.database.empty() && slot.database != look.connection.database()) {
    look.error("slot_other_database", "the slot belongs to database " + slot.database,
               fix_by_text("connect to that database in source.url, or name another source.slot"),
               where);
  }
  if (slot.synced && look.in_recovery) {
    look.error("slot_synced",
               "the slot is a copy that this standby keeps: it can be read once the standby is "
               "promoted",
               fix_by_text("name the primary in source.url until then; several hosts may stand "
                           "there, with target_session_attrs=read-write"),
               where);
  }
  const bool can_be_copied = look.connection.server_version() >= kFailoverSlots;
  if (look.settings.failover && can_be_copied && !slot.failover) {
    look.warning(
        "slot_not_failover",
        "source.failover is true, but the slot was made without it: standbys keep no "
        "copy of it",
        fix_by_text("the next start of `waltrack run` changes that; or, over a replication "
                    "connection of the role (psql "
                    "'… replication=database'), while waltrack is stopped: "
                    "ALTER_REPLICATION_SLOT " +
                    look.settings.slot + " (FAILOVER true);"),
        where);
  }
}

}  // namespace

void check_slot_state(Inspection& look) {
  look.slot = read_slot(look.connection, look.settings.slot);
  if (!look.slot) return;
  const std::string where = "slot " + look.settings.slot;
  check_kind(look, where);
  if (look.slot->is_lost()) {
    look.error("slot_lost", "the slot is lost: " + loss_cause(look.connection, *look.slot),
               drop_fix(look.settings.slot, "wal_status = 'lost'", kStartAnew), where);
  } else if (look.slot->wal_status == "unreserved") {
    look.warning("slot_unreserved",
                 "the slot is about to be lost: its WAL goes with the next checkpoint of the "
                 "server",
                 fix_by_text("run waltrack now, and raise max_slot_wal_keep_size (a reload is "
                             "enough)"),
                 where);
  }
  if (look.slot->active_pid) {
    look.warning(
        "slot_active",
        "the slot is being read by process " + std::to_string(*look.slot->active_pid),
        fix_by_text("nothing, if that is waltrack; only one instance reads a slot, another "
                    "one waits until it ends"),
        where);
  }
  look.plugin = check_slot(*look.slot, look.settings, look.connection.context());
}

void check_headroom(Inspection& look) {
  const std::string where = "slot " + look.settings.slot;
  const auto limit_bytes = static_cast<int64_t>(look.settings.headroom_warning_bytes);
  const int64_t limit_mb = limit_bytes >> 20;
  const int64_t keep_mb = look.number_setting("max_slot_wal_keep_size");
  Fix raise = setting_fix(look.hosting, "max_slot_wal_keep_size",
                          "'" + std::to_string(std::max(4 * limit_mb, 2 * keep_mb)) + "MB'",
                          Fix::After::reload);
  const bool reads_on = look.slot && !look.slot->is_lost();
  if (keep_mb >= 0 && keep_mb <= limit_mb) {
    Fix fix = raise;
    fix.text += (fix.text.empty() ? "" : "\n") +
                std::string("(-1 is without limit), or lower source.headroom_warning");
    fix.choice = true;  // somebody has set that limit, and it costs disk
    look.warning("headroom_setting",
                 "max_slot_wal_keep_size is " + shown_mb(keep_mb) +
                     ", no more than source.headroom_warning (" + shown_mb(limit_mb) +
                     "): the slot is lost once so much WAL was written that waltrack has not read, "
                     "and the warning of it is always on",
                 std::move(fix), where);
  } else if (reads_on && look.slot->safe_wal_bytes && *look.slot->safe_wal_bytes < limit_bytes) {
    look.warning("headroom",
                 "the slot is lost after " + shown_mb(*look.slot->safe_wal_bytes >> 20) +
                     " more of WAL; source.headroom_warning is " + shown_mb(limit_mb),
                 std::move(raise), where);
    look.findings.back().fix.choice = true;  // it costs disk
  }
  const int64_t idle_s = look.number_setting("idle_replication_slot_timeout");
  if (idle_s > 0) {
    look.warning(
        "slot_idle_timeout",
        "idle_replication_slot_timeout is " +
            look.connection.query("SHOW idle_replication_slot_timeout").string(0, 0) +
            ": a slot that nobody reads for so long is lost, so waltrack must not be "
            "stopped for longer",
        setting_fix(look.hosting, "idle_replication_slot_timeout", "0", Fix::After::reload), where);
    look.findings.back().fix.choice = true;
  }
}

void check_leftover_slots(Inspection& look) {
  const char* now = look.in_recovery ? "pg_last_wal_replay_lsn()" : "pg_current_wal_lsn()";
  const PgResult rows = look.connection.query(
      "SELECT slot_name, pg_size_pretty(pg_wal_lsn_diff(" + std::string(now) +
          ", restart_lsn)) FROM pg_replication_slots WHERE database = current_database() AND NOT "
          "active AND NOT temporary AND slot_name <> $1 AND (starts_with(slot_name, 'waltrack') OR "
          "starts_with(slot_name, $1 || '_')) ORDER BY slot_name",
      {look.settings.slot});
  for (int i = 0; i < rows.rows(); ++i) {
    const std::string name = rows.string(i, 0);
    Fix fix = drop_fix(name, "true", "unless another waltrack, stopped at present, reads it");
    fix.choice = true;
    const std::string kept =
        rows.is_null(i, 1) ? "" : " and keeps " + rows.string(i, 1) + " of WAL";
    look.warning("slot_leftover", "nobody reads this slot, which looks like one of ours" + kept,
                 std::move(fix), "slot " + name);
  }
}

}  // namespace waltrack
