#include "postgres/standby.hpp"

#include <thread>

#include "base/log.hpp"
#include "postgres/pg_quote.hpp"
#include "postgres/publication.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr const char* kOnThePrimary = "SELECT pg_log_standby_snapshot();";

PgConnection open_primary(const SourceSettings& settings) {
  PgConnection primary = PgConnection::open(settings.primary_url, PgMode::plain);
  primary.query("SET lock_timeout = '3s'");
  if (!is_standby(primary)) return primary;
  throw Error(ErrorKind::usage, "source.primary_url names a standby", primary.context().where,
              "name the primary of the server in source.url");
}

void wait_until_replayed(PgConnection& standby, const std::string& position) {
  for (int tries = 0; tries < 100; ++tries) {
    if (standby.query("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn", {position}).boolean(0, 0)) {
      return;
    }
    std::this_thread::sleep_for(100ms);
  }
  throw Error(ErrorKind::transient,
              "the standby has not replayed " + position + " of its primary within 10 seconds",
              standby.context().where,
              "see whether it follows the server of source.primary_url: SELECT status, sender_host "
              "FROM pg_stat_wal_receiver;");
}

}  // namespace

bool is_standby(PgConnection& connection) {
  return connection.query("SELECT pg_is_in_recovery()").boolean(0, 0);
}

void StandbySnapshots::ask() {
  if (settings_.primary_url.empty()) {
    return tell("source.primary_url is not set, so waltrack can't ask it for one");
  }
  try {
    if (!primary_) primary_ = std::make_unique<PgConnection>(open_primary(settings_));
    primary_->query(kOnThePrimary);
  } catch (const PgError& error) {
    constexpr std::string_view kInsufficientPrivilege = "42501";
    if (error.sqlstate() == kInsufficientPrivilege) {
      return tell(
          "the primary lets only whom it was granted ask for one: GRANT EXECUTE ON "
          "FUNCTION pg_log_standby_snapshot() TO " +
          quote_identifier(primary_->role()) + ";");
    }
    if (error.is_transient()) primary_.reset();
    tell(error.describe());
  } catch (const Error& error) {
    tell(error.describe());
  }
}

void StandbySnapshots::tell(const std::string& reason) {
  if (std::exchange(told_, true)) return;
  log::warn("making a slot on a standby waits for its primary to log which transactions run",
            {{"reason", reason}, {"on the primary, a few times", kOnThePrimary}});
}

bool see_to_publication(PgConnection& connection, const SourceSettings& settings) {
  if (settings.primary_url.empty() || !is_standby(connection)) {
    return ensure_publication(connection, settings);
  }
  PgConnection primary = open_primary(settings);
  const bool changed = ensure_publication(primary, settings);
  if (changed) {
    wait_until_replayed(connection, primary.query("SELECT pg_current_wal_lsn()").string(0, 0));
  }
  return changed;
}

}  // namespace waltrack
