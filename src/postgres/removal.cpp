#include "postgres/removal.hpp"

#include "postgres/pg_quote.hpp"
#include "postgres/slot.hpp"
#include "postgres/standby.hpp"

namespace waltrack {
namespace {

std::string drop_publication_sql(const SourceSettings& settings) {
  return "DROP PUBLICATION " + quote_identifier(settings.publication) + ";";
}

// A slot of this database that may need a publication; empty: there is none.
std::string another_slot(PgConnection& connection, const SourceSettings& settings) {
  const PgResult rows = connection.query(
      "SELECT slot_name FROM pg_replication_slots WHERE database = current_database() AND plugin = "
      "'pgoutput' AND NOT temporary AND slot_name <> $1 ORDER BY 1 LIMIT 1",
      {settings.slot});
  return rows.rows() == 0 ? std::string() : rows.string(0, 0);
}

Removal remove_publication_here(PgConnection& connection, const SourceSettings& settings) {
  Removal removal{"publication " + settings.publication, Removal::Outcome::removed, {}};
  const PgResult owner = connection.query(
      "SELECT pg_has_role(pubowner, 'USAGE'), pubowner::regrole FROM pg_publication WHERE pubname "
      "= "
      "$1",
      {settings.publication});
  if (owner.rows() == 0) {
    removal.outcome = Removal::Outcome::was_not_there;
  } else if (!owner.boolean(0, 0)) {
    removal.outcome = Removal::Outcome::left;
    removal.reason = "it belongs to role " + owner.string(0, 1) +
                     ", which may run: " + drop_publication_sql(settings);
  } else if (const std::string other = another_slot(connection, settings); !other.empty()) {
    removal.outcome = Removal::Outcome::left;
    removal.reason = "slot " + other +
                     " of this database may read it, and can't do without it; when nobody does: " +
                     drop_publication_sql(settings);
  } else {
    connection.query("SET lock_timeout = '10s'");
    connection.query(drop_publication_sql(settings));
  }
  return removal;
}

}  // namespace

Removal remove_slot(PgConnection& connection, const SourceSettings& settings) {
  Removal removal{"slot " + settings.slot, Removal::Outcome::removed, {}};
  const std::optional<SlotState> slot = read_slot(connection, settings.slot);
  if (!slot) {
    removal.outcome = Removal::Outcome::was_not_there;
    return removal;
  }
  SourceSettings any_plugin = settings;
  any_plugin.plugin = PluginChoice::automatic;
  check_slot(*slot, any_plugin, connection.context());
  if (slot->database != connection.database()) {
    throw Error(ErrorKind::usage,
                "slot " + settings.slot + " belongs to database " + slot->database,
                connection.context().where,
                "connect to that database in source.url, or name another source.slot");
  }
  if (slot->active_pid) {
    throw Error(
        ErrorKind::failure,
        "slot " + settings.slot + " is being read by process " + std::to_string(*slot->active_pid),
        connection.context().where, "stop `waltrack run` first, then drop again");
  }
  connection.query("SELECT pg_drop_replication_slot($1)", {settings.slot});
  return removal;
}

Removal remove_publication(PgConnection& connection, const SourceSettings& settings) {
  if (!is_standby(connection)) return remove_publication_here(connection, settings);
  if (!settings.primary_url.empty()) {
    PgConnection primary = PgConnection::open(settings.primary_url, PgMode::plain);
    return remove_publication_here(primary, settings);
  }
  const bool exists =
      connection.query("SELECT 1 FROM pg_publication WHERE pubname = $1", {settings.publication})
          .rows() == 1;
  if (!exists) {
    return {"publication " + settings.publication, Removal::Outcome::was_not_there, {}};
  }
  return {"publication " + settings.publication, Removal::Outcome::left,
          "this server is a standby; its owner may run on the primary: " +
              drop_publication_sql(settings)};
}

}  // namespace waltrack
