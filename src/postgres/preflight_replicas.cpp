#include "postgres/preflight_replicas.hpp"

#include <string>

#include "postgres/conninfo.hpp"
#include "postgres/pg_quote.hpp"
#include "postgres/preflight_role.hpp"
#include "postgres/standby.hpp"

namespace waltrack {
namespace {

constexpr std::chrono::seconds kConnectLimit{5};

std::string setting_of(PgConnection& connection, const std::string& name) {
  const PgResult rows = connection.query("SELECT setting FROM pg_settings WHERE name = $1", {name});
  return rows.rows() == 1 ? rows.string(0, 0) : "";
}

std::string system_identifier(PgConnection& connection) {
  return connection.query("SELECT system_identifier FROM pg_control_system()").string(0, 0);
}

FixStatement on_standby(const std::string& name, const std::string& value) {
  return {"ALTER SYSTEM SET " + name + " = " + value, {}, FixServer::standby};
}

void check_feedback(Inspection& look) {
  if (look.setting("hot_standby_feedback") == "off") {
    look.error("standby_feedback",
               "this server is a standby with hot_standby_feedback = off: the primary removes rows "
               "that decoding here still needs, and the slot is lost then",
               setting_fix(look.hosting, "hot_standby_feedback", "on", Fix::After::reload));
  }
  if (!look.setting("primary_slot_name").value_or("hidden").empty()) return;
  Fix fix =
      setting_fix(look.hosting, "primary_slot_name", "'waltrack_standby'", Fix::After::reload);
  if (!fix.sql.empty()) {
    fix.sql.insert(
        fix.sql.begin(),
        {"SELECT pg_create_physical_replication_slot('waltrack_standby')",
         "SELECT pg_create_physical_replication_slot('waltrack_standby') WHERE NOT EXISTS "
         "(SELECT FROM pg_replication_slots WHERE slot_name = 'waltrack_standby');",
         FixServer::primary});
    fix.text = "(a slot for each standby: another name for each)";
  }
  fix.choice = true;
  look.warning("standby_slot",
               "this standby uses no replication slot of its primary (primary_slot_name is empty): "
               "while it is away the primary removes rows that decoding here still needs, and "
               "waltrack's slot is lost then",
               std::move(fix));
}

void check_help_of_primary(Inspection& look) {
  if (look.slot || !look.settings.primary_url.empty()) return;
  look.warning("standby_primary_url",
               "the slot is yet to be made, on a standby: that waits until the primary has logged "
               "which transactions run, and on a quiet primary that takes long",
               look.writing("SELECT pg_log_standby_snapshot()"));
  Fix& fix = look.findings.back().fix;
  fix.text = "while `waltrack run` starts; or give source.primary_url, and it does that itself";
  fix.choice = true;
}

// One of the hosts of source.url that follows the source.
void check_synchronized_standby(Inspection& look, PgConnection& standby) {
  Fix fix;
  fix.after = Fix::After::reload;
  fix.after_on = FixServer::standby;
  std::string lacking;
  const auto lack = [&](const std::string& what) {
    lacking.append(lacking.empty() ? "" : ", ").append(what);
  };
  if (setting_of(standby, "sync_replication_slots") != "on") {
    lack("sync_replication_slots is off");
    fix.sql.push_back(on_standby("sync_replication_slots", "on"));
  }
  if (setting_of(standby, "hot_standby_feedback") != "on") {
    lack("hot_standby_feedback is off");
    fix.sql.push_back(on_standby("hot_standby_feedback", "on"));
  }
  if (setting_of(standby, "primary_slot_name").empty()) {
    lack("primary_slot_name is empty");
    fix.text = "make a physical slot for it on the primary, and name it in primary_slot_name";
  }
  // Only some roles may see it, as it may hold a password.
  const std::string conninfo = setting_of(standby, "primary_conninfo");
  if (!conninfo.empty() && conninfo.find("dbname") == std::string::npos) {
    lack("primary_conninfo names no dbname");
    fix.text += (fix.text.empty() ? "" : "\n") +
                std::string("add dbname=postgres to primary_conninfo of the standby");
  }
  if (lacking.empty()) return;
  look.findings.push_back({Severity::error, "failover_standby",
                           "this standby keeps no copy of the slot: " + lacking,
                           standby.context().where, std::move(fix)});
}

void check_primary(Inspection& look, PgConnection& primary) {
  const std::string where = "source.primary_url, " + primary.context().where;
  const auto tell = [&](std::string code, std::string what, Fix fix) {
    look.findings.push_back(
        {Severity::error, std::move(code), std::move(what), where, std::move(fix)});
  };
  if (primary.query("SELECT pg_is_in_recovery()").boolean(0, 0)) {
    return tell("primary_url", "it leads to a standby",
                fix_by_text("name the primary in source.primary_url"));
  }
  if (setting_of(primary, "wal_level") != "logical") {
    Fix fix = wal_level_fix(look.hosting);
    for (FixStatement& statement : fix.sql)
      statement.server = FixServer::primary;
    fix.after_on = FixServer::primary;
    tell("wal_level",
         "wal_level of the primary is " + setting_of(primary, "wal_level") +
             ", and has to be logical for its standbys to decode",
         std::move(fix));
  }
  if (primary.server_version() < kStandbyDecodes) return;
  const bool may = primary
                       .query(
                           "SELECT has_function_privilege('pg_catalog.pg_log_standby_snapshot()', "
                           "'EXECUTE')")
                       .boolean(0, 0);
  if (may || look.slot) return;
  tell("primary_snapshot",
       "role " + primary.role() +
           " may not run pg_log_standby_snapshot() there, which making the "
           "slot on the standby waits for",
       look.writing("GRANT EXECUTE ON FUNCTION pg_catalog.pg_log_standby_snapshot() TO " +
                    quote_identifier(primary.role())));
  look.findings.back().severity = Severity::warning;
}

template <typename Check>
void look_at(Inspection& look, const std::string& key, const std::string& url, Check&& check) {
  if (url.empty()) return;
  try {
    PgConnection other = PgConnection::open(url, PgMode::plain, kConnectLimit);
    const std::string where = "source." + key + ", " + other.context().where;
    const auto tell = [&](const std::string& what) {
      look.findings.push_back(
          {Severity::error, key, what, where, fix_by_text("correct source." + key)});
    };
    if (system_identifier(other) != system_identifier(look.connection)) {
      return tell("it leads to another database cluster than source.url, not to a copy of it");
    }
    if (other.database() != look.connection.database()) {
      return tell("it leads to database " + other.database() + ", source.url to " +
                  look.connection.database());
    }
    check(other);
  } catch (const Error& error) {
    Finding told = unreachable("source." + key, url, error);
    told.what = "source." + key + ": " + told.what;
    for (size_t at = 0; (at = told.fix.text.find("source.url", at)) != std::string::npos;)
      told.fix.text.replace(at, 10, "source." + key), at += key.size();
    told.code = key;
    look.findings.push_back(std::move(told));
  }
}

}  // namespace

void check_standby_version(Inspection& look) {
  const int version = look.connection.server_version();
  if (!look.in_recovery || version >= kStandbyDecodes) return;
  look.may_make_slots = false;
  look.error("standby_version",
             "this server is a standby, and Postgres " + std::to_string(version / 10000) +
                 " can't decode on a standby (16 can)",
             fix_by_text("stream from the primary: name it in source.url. So that backfills still "
                         "read this replica, name it in source.backfill_url"));
}

void check_standby(Inspection& look) {
  if (!look.in_recovery || look.connection.server_version() < kStandbyDecodes) return;
  check_feedback(look);
  check_help_of_primary(look);
}

void check_failover(Inspection& look) {
  if (!look.settings.failover) return;
  const int version = look.connection.server_version();
  if (version < kFailoverSlots) {
    look.error("failover_version",
               "source.failover is true, and Postgres " + std::to_string(version / 10000) +
                   " can't copy slots to standbys (17 can)",
               fix_by_text("set source.failover: false; after a failover waltrack tells what it "
                           "finds"));
    return;
  }
  if (look.in_recovery) {
    if (look.slot) return;
    look.error("failover_on_standby",
               "source.failover is true, and this server is a standby: such a slot can be made on "
               "a primary only",
               fix_by_text("name the primary in source.url, or set source.failover: false: a slot "
                           "on a standby survives its promotion anyway"));
    return;
  }
  const std::vector<Conninfo> hosts =
      one_per_host(parse_conninfo(look.settings.url).value_or(Conninfo{}));
  if (hosts.size() < 2) {
    look.warning("failover_hosts",
                 "source.failover is true, but source.url names one server only: after a failover "
                 "waltrack does not find the promoted one",
                 fix_by_text("name the standbys, too: postgres://user@db1,db2/shop?"
                             "target_session_attrs=read-write; unless the one address moves"));
  }
  if (look.setting("synchronized_standby_slots").value_or("hidden").empty()) {
    Fix fix = setting_fix(look.hosting, "synchronized_standby_slots", "'…'", Fix::After::reload);
    fix.text += (fix.text.empty() ? "" : "\n") +
                std::string("with the physical slots of the standbys that may be promoted");
    fix.choice = true;
    look.warning("failover_synchronized",
                 "synchronized_standby_slots is empty: waltrack may send what no standby has got "
                 "yet, and a failover takes it back",
                 std::move(fix));
  }
  for (Conninfo host : hosts) {
    host.erase("target_session_attrs");  // the standbys are looked for
    try {
      PgConnection other = PgConnection::open(conninfo_text(host), PgMode::plain, kConnectLimit);
      if (!other.query("SELECT pg_is_in_recovery()").boolean(0, 0)) continue;
      check_synchronized_standby(look, other);
    } catch (const Error& error) {
      look.findings.push_back({Severity::warning, "failover_standby",
                               std::string("this host can't be asked whether it keeps a copy of "
                                           "the slot: ") +
                                   error.what(),
                               error.where(), fix_by_text(error.hint())});
    }
  }
}

void check_other_servers(Inspection& look) {
  look_at(look, "primary_url", look.settings.primary_url,
          [&](PgConnection& primary) { check_primary(look, primary); });
  look_at(look, "backfill_url", look.settings.backfill_url, [](PgConnection&) {});
}

}  // namespace waltrack
