#include "postgres/preflight.hpp"

#include "postgres/inspection.hpp"
#include "postgres/preflight_plugin.hpp"
#include "postgres/preflight_publication.hpp"
#include "postgres/preflight_replicas.hpp"
#include "postgres/preflight_role.hpp"
#include "postgres/preflight_server.hpp"
#include "postgres/preflight_slot.hpp"
#include "postgres/preflight_tables.hpp"

namespace waltrack {
namespace {

void check_all(Inspection& look) {
  look.attempt("version", check_version);
  look.attempt("wal_level", check_wal_level);
  look.attempt("standby", check_standby_version);
  look.attempt("replication_connection", check_role);
  look.attempt("room", check_room);
  look.attempt("slot_plugin", check_slot_state);
  look.attempt("headroom", check_headroom);
  look.attempt("slot_leftover", check_leftover_slots);
  look.attempt("plugin", check_plugin);
  std::vector<TableState> tables;
  look.attempt("tables", [&](Inspection&) {
    tables = read_table_states(look.connection, look.settings.followed.tables,
                               look.settings.publication);
  });
  look.attempt("tables", [&](Inspection&) { check_tables(look, tables); });
  look.attempt("partition_identity", [&](Inspection&) { check_partitions(look, tables); });
  look.attempt("grant_select", [&](Inspection&) { check_grants(look, tables); });
  look.attempt("publication", [&](Inspection&) { check_publication(look, tables); });
  look.attempt("standby", check_standby);
  look.attempt("failover", check_failover);
  look.attempt("other_servers", check_other_servers);
  look.attempt("synchronous_standby", check_synchronous_commits);
  look.attempt("clock", check_clock);
}

}  // namespace

std::vector<Finding> check_source(const SourceSettings& settings, const Clock& clock) {
  try {
    Inspection look(settings, clock);
    check_all(look);
    return std::move(look.findings);
  } catch (const Error& error) {
    return {unreachable("source.url", settings.url, error)};
  }
}

}  // namespace waltrack
