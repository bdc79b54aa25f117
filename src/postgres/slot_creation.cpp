#include "postgres/slot_creation.hpp"

#include "base/log.hpp"
#include "postgres/pg_quote.hpp"
#include "postgres/slot.hpp"
#include "postgres/standby.hpp"

namespace waltrack {
namespace {

constexpr std::chrono::milliseconds kBetweenSnapshots{500};

Error held_up(const SourceSettings& settings, const PgContext& context, bool standby) {
  if (standby) {
    return Error(ErrorKind::transient,
                 "slot " + settings.slot +
                     " can't be made: the primary has not logged which transactions run, or older "
                     "ones are open there",
                 context.where,
                 "set source.primary_url; or, while waltrack tries again, run on the primary, a "
                 "few times: SELECT pg_log_standby_snapshot();");
  }
  return Error(ErrorKind::transient,
               "slot " + settings.slot + " can't be made while older transactions are open",
               context.where,
               "end them, or wait: SELECT pid, xact_start, application_name, state FROM "
               "pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY xact_start;");
}

void refuse_impossible_failover(const PgConnection& connection, bool standby) {
  if (connection.server_version() < kFailoverSlots) {
    throw Error(ErrorKind::usage,
                "source.failover needs Postgres 17; this is Postgres " +
                    std::to_string(connection.server_version() / 10000),
                connection.context().where,
                "take source.failover out. After a failover of this server the slot is gone, and "
                "waltrack says what was lost");
  }
  if (standby) {
    throw Error(ErrorKind::usage, "a slot with failover can't be made on a standby",
                connection.context().where,
                "name the primary in source.url; or take source.failover out: a slot on a standby "
                "survives the promotion of that standby anyway");
  }
}

PgResult create(PgConnection& connection, const SourceSettings& settings, Plugin plugin,
                bool standby, const std::function<bool()>& stop) {
  const std::string sql = std::string("SELECT lsn FROM pg_create_logical_replication_slot($1, $2") +
                          (settings.failover ? ", failover => true)" : ")");
  const std::vector<std::string> parameters = {settings.slot, std::string(plugin_name(plugin))};
  StandbySnapshots snapshots(settings);
  return connection.query_patiently(sql, parameters, kBetweenSnapshots, [&] {
    if (stop && stop()) {
      throw Error(ErrorKind::transient, "stopped while slot " + settings.slot + " was being made",
                  connection.context().where);
    }
    if (standby) snapshots.ask();
  });
}

}  // namespace

Lsn create_slot(PgConnection& connection, const SourceSettings& settings, Plugin plugin,
                std::chrono::milliseconds limit, const std::function<bool()>& stop) {
  const bool standby = is_standby(connection);
  if (settings.failover) refuse_impossible_failover(connection, standby);
  connection.query("SET statement_timeout = " + std::to_string(limit.count()));
  const auto end_limit = [&] { connection.query("SET statement_timeout = 0"); };
  try {
    const PgResult made = create(connection, settings, plugin, standby, stop);
    end_limit();
    const Lsn confirmed = Lsn::parse(made.text(0, 0)).value_or(Lsn{});
    log::info("made the replication slot", {{"slot", settings.slot},
                                            {"plugin", plugin_name(plugin)},
                                            {"position", confirmed.text()},
                                            {"on", standby ? "a standby" : "a primary"},
                                            {"failover", settings.failover}});
    return confirmed;
  } catch (const PgError& error) {
    constexpr std::string_view kCancelled = "57014";
    if (error.sqlstate() == kCancelled) throw held_up(settings, connection.context(), standby);
    if (!error.is_transient()) end_limit();
    throw;
  }
}

void make_failover_slot(const SourceSettings& settings) {
  PgConnection replication = PgConnection::open(settings.url, PgMode::replication);
  refuse_impossible_failover(replication, is_standby(replication));
  replication.query("ALTER_REPLICATION_SLOT " + quote_identifier(settings.slot) +
                    " (FAILOVER true)");
  log::info("standbys get a copy of the slot from now on", {{"slot", settings.slot}});
}

}  // namespace waltrack
