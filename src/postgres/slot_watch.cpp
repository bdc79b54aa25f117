#include "postgres/slot_watch.hpp"

#include <utility>

#include "base/size_text.hpp"

namespace waltrack {
namespace {

constexpr const char* kServer = R"(
SELECT pg_is_in_recovery(),
       CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)";

}  // namespace

std::vector<std::string> slot_warnings(const std::string& name, const SlotState& slot,
                                       uint64_t headroom_warning_bytes) {
  std::vector<std::string> warnings;
  if (slot.is_lost()) return warnings;  // the stream ends with the whole story
  if (slot.wal_status == "unreserved") {
    warnings.push_back("slot " + name +
                       " is about to be lost: its WAL goes with the next checkpoint of the server. "
                       "Raise max_slot_wal_keep_size at once: ALTER SYSTEM SET "
                       "max_slot_wal_keep_size = …;  SELECT pg_reload_conf();");
  } else if (slot.safe_wal_bytes &&
             *slot.safe_wal_bytes < static_cast<int64_t>(headroom_warning_bytes)) {
    warnings.push_back("slot " + name + " is lost when the server has written " +
                       size_text(*slot.safe_wal_bytes) +
                       " more of WAL: see what holds delivery (`waltrack status`), or raise "
                       "max_slot_wal_keep_size: ALTER SYSTEM SET max_slot_wal_keep_size = …;  "
                       "SELECT pg_reload_conf();");
  }
  return warnings;
}

SourceReading SlotWatch::look() {
  try {
    if (!connection_) {
      connection_ =
          std::make_unique<PgConnection>(PgConnection::open(settings_.url, PgMode::plain));
      connection_->query("SET statement_timeout = '10s'");
    }
    return read(*connection_);
  } catch (const Error&) {
    connection_.reset();
    throw;
  }
}

SourceReading SlotWatch::read(PgConnection& connection) {
  SourceReading reading;
  const PgResult server = connection.query(kServer);
  reading.read_at_us = clock_.utc_us();
  reading.server = connection.context().where;
  reading.standby = server.boolean(0, 0);
  reading.position = Lsn::parse(server.text(0, 1)).value_or(Lsn{});
  if (const std::optional<SlotState> slot = read_slot(connection, settings_.slot)) {
    reading.confirmed = slot->confirmed;
    reading.restart = slot->restart;
    reading.wal_status = slot->is_lost() ? "lost" : slot->wal_status;
    reading.safe_wal_bytes = slot->safe_wal_bytes;
    reading.warnings = slot_warnings(settings_.slot, *slot, settings_.headroom_warning_bytes);
  }
  if (reading.standby) add_standby_warnings(connection, reading.warnings);
  return reading;
}

void SlotWatch::add_standby_warnings(PgConnection& connection, std::vector<std::string>& warnings) {
  // An ordinary role sees the row, and no more of it than whether there is one.
  if (connection.query("SELECT 1 FROM pg_stat_wal_receiver").rows() == 0) {
    warnings.push_back(
        "this standby receives nothing from its primary, so there is nothing new to send: see its "
        "log, and primary_conninfo");
  }
  if (connection.query("SHOW hot_standby_feedback").text(0, 0) != "on") {
    warnings.push_back(
        "hot_standby_feedback is off on this standby: when its primary vacuums its catalog, the "
        "slot is lost. ALTER SYSTEM SET hot_standby_feedback = on;  SELECT pg_reload_conf();");
  }
}

}  // namespace waltrack
