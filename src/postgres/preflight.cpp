#include "postgres/preflight.hpp"

#include <optional>
#include <utility>

#include "base/nearest.hpp"
#include "postgres/catalog.hpp"
#include "postgres/pg_connection.hpp"
#include "postgres/pg_quote.hpp"
#include "postgres/plugin_choice.hpp"
#include "postgres/publication.hpp"
#include "postgres/server_identity.hpp"
#include "postgres/slot.hpp"
#include "postgres/table_state.hpp"

namespace waltrack {
namespace {

constexpr int kOldest =
    140000;  // add-ons of the catalog that are asked for; what is tested is newer
constexpr int kOldestTested = 150000;
constexpr int kStandbyDecodes = 160000;

std::string shown(const TableName& table) {
  return table.schema + "." + table.name;
}

// One run over one server. Each step adds what it finds and leaves the rest to the others.
class Preflight {
 public:
  explicit Preflight(const SourceSettings& settings)
      : settings_(settings), connection_(PgConnection::open(settings.url, PgMode::plain)) {}

  std::vector<Finding> run() {
    attempt([&] { check_version(); });
    attempt([&] { check_wal_level(); });
    attempt([&] { check_role(); });
    attempt([&] { check_room(); });
    attempt([&] { check_slot_state(); });
    attempt([&] { check_plugin(); });
    attempt([&] { check_tables(); });
    attempt([&] { check_publication(); });
    return std::move(findings_);
  }

 private:
  template <typename Step>
  void attempt(Step&& step) {
    try {
      step();
    } catch (const Error& error) {
      findings_.push_back({Severity::error, error.what(), error.where(), error.hint()});
    }
  }

  void error(std::string what, std::string fix, std::string where = {}) {
    findings_.push_back({Severity::error, std::move(what), place(where), std::move(fix)});
  }
  void warning(std::string what, std::string fix, std::string where = {}) {
    findings_.push_back({Severity::warning, std::move(what), place(where), std::move(fix)});
  }
  std::string place(const std::string& where) const {
    return where.empty() ? connection_.context().where : connection_.context().where + ", " + where;
  }

  int64_t number(const std::string& sql) { return connection_.query(sql).integer(0, 0); }
  bool truth(const std::string& sql) { return connection_.query(sql).boolean(0, 0); }

  void check_version();
  void check_wal_level();
  void check_role();
  void check_room();
  void check_slot_state();
  void check_plugin();
  void check_plugin_of_slot();
  void check_tables();
  void check_table(const TableState& table, const std::vector<std::string>& known);
  void check_publication();
  bool may_change_publication(const PublicationState& publication,
                              const std::vector<TableState>& tables);

  const SourceSettings& settings_;
  PgConnection connection_;
  std::vector<Finding> findings_;

  bool can_make_slots_ = true;
  std::optional<SlotState> slot_;
  Plugin plugin_ = Plugin::wal2json;  // of the slot, or the one that it would get
};

void Preflight::check_version() {
  const int version = connection_.server_version();
  const std::string shown_version = std::to_string(version / 10000);
  if (version < kOldest) {
    error("Postgres " + shown_version + " is too old", "use Postgres 15 or newer");
  } else if (version < kOldestTested) {
    warning("Postgres " + shown_version + " is not tested with waltrack; 15 and newer are", "");
  }
  if (version < kStandbyDecodes && truth("SELECT pg_is_in_recovery()")) {
    error("this server is a standby, and only Postgres 16 and newer decode on a standby",
          "point source.url at the primary");
    can_make_slots_ = false;
  }
}

void Preflight::check_wal_level() {
  const std::string level = connection_.query("SHOW wal_level").string(0, 0);
  if (level == "logical") return;
  can_make_slots_ = false;
  error("wal_level is " + level + ", and has to be logical",
        "ALTER SYSTEM SET wal_level = logical;  then restart the server");
}

void Preflight::check_role() {
  const bool may_replicate = truth(
      "SELECT rolreplication OR rolsuper OR EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = "
      "'rds_replication' AND pg_has_role(current_user, r.oid, 'MEMBER')) FROM pg_roles WHERE "
      "rolname = current_user");
  if (may_replicate) {
    PgConnection replication = PgConnection::open(settings_.url, PgMode::replication);
    read_server_identity(replication);
    return;
  }
  can_make_slots_ = false;
  const std::string role = quote_identifier(connection_.role());
  error("role " + connection_.role() + " may not replicate",
        "ALTER ROLE " + role + " REPLICATION;  (on Amazon RDS: GRANT rds_replication TO " + role +
            ";)");
}

void Preflight::check_room() {
  const int64_t senders = number("SELECT setting FROM pg_settings WHERE name = 'max_wal_senders'");
  const int64_t sending = number("SELECT count(*) FROM pg_stat_replication");
  if (sending >= senders) {
    error("all " + std::to_string(senders) + " WAL senders are in use",
          "raise max_wal_senders (needs a restart)");
  }
  const int64_t slots =
      number("SELECT setting FROM pg_settings WHERE name = 'max_replication_slots'");
  const int64_t used = number("SELECT count(*) FROM pg_replication_slots");
  if (used < slots) return;
  can_make_slots_ = false;
  if (read_slot(connection_, settings_.slot)) return;
  error("all " + std::to_string(slots) + " replication slots are in use",
        "raise max_replication_slots (needs a restart), or drop a slot that nobody needs: SELECT "
        "slot_name, active, restart_lsn FROM pg_replication_slots;");
}

void Preflight::check_slot_state() {
  slot_ = read_slot(connection_, settings_.slot);
  if (!slot_) return;
  const std::string where = "slot " + settings_.slot;
  const std::string drop = "SELECT pg_drop_replication_slot(" + quote_literal(settings_.slot) +
                           ");  and move the state file away: the next run starts from the present";
  if (!slot_->database.empty() && slot_->database != connection_.database()) {
    error("the slot belongs to database " + slot_->database,
          "connect to that database in source.url, or name another source.slot", where);
  }
  if (slot_->wal_status == "lost") {
    error("the slot is lost: the server has removed WAL that it needs", drop, where);
  } else if (slot_->wal_status == "unreserved") {
    warning("the slot is about to be lost: its WAL goes with the next checkpoint of the server",
            "run waltrack now, and raise max_slot_wal_keep_size", where);
  }
  if (slot_->active_pid) {
    warning("the slot is being read by process " + std::to_string(*slot_->active_pid),
            "only one instance reads it; another one waits until it ends", where);
  }
  plugin_ = check_slot(*slot_, settings_, connection_.context());
}

void Preflight::check_plugin() {
  if (slot_) return check_plugin_of_slot();
  plugin_ = settings_.plugin == PluginChoice::pgoutput ? Plugin::pgoutput : Plugin::wal2json;
  const PluginDecision decision = decide_plugin(
      connection_, settings_, can_make_slots_ ? PluginTrial::temporary_slot : PluginTrial::none);
  plugin_ = decision.plugin;
  if (plugin_ == Plugin::wal2json) return;
  for (const PluginReason& reason : decision.against_wal2json) {
    if (reason.fix.empty()) continue;
    warning(reason.what + "; the slot will be made with pgoutput", reason.fix);
  }
}

// It keeps its plugin, so that this one has to work.
void Preflight::check_plugin_of_slot() {
  if (plugin_ != Plugin::wal2json) return;
  SourceSettings settings = settings_;
  settings.plugin = PluginChoice::wal2json;
  decide_plugin(connection_, settings,
                can_make_slots_ ? PluginTrial::temporary_slot : PluginTrial::none);
}

void Preflight::check_tables() {
  Catalog catalog(settings_.url);
  catalog.load();
  std::vector<std::string> known;
  for (const TableName& table : catalog.tables())
    known.push_back(shown(table));
  for (const TableState& table :
       read_table_states(connection_, settings_.followed.tables, settings_.publication)) {
    check_table(table, known);
  }
}

void Preflight::check_table(const TableState& table, const std::vector<std::string>& known) {
  const std::string name = shown(table.name);
  const std::string where = "table " + name;
  switch (table.kind) {
    case TableState::Kind::missing:
      error("there is no table " + name, suggest_name(name, known), where);
      return;
    case TableState::Kind::other:
      error(name + " is not a table: only tables have changes to follow", "", where);
      return;
    case TableState::Kind::partition:
      error(name + " is a partition: its changes are told as those of " + shown(table.root),
            "map " + shown(table.root), where);
      return;
    case TableState::Kind::table:
    case TableState::Kind::partitioned:
      break;
  }
  if (!table.logged) {
    error(name + " is unlogged or temporary: its changes are not in the WAL",
          "ALTER TABLE " + quote_qualified(table.name.schema, table.name.name) + " SET LOGGED;",
          where);
  }
  if (table.kind == TableState::Kind::partitioned && plugin_ == Plugin::wal2json) {
    warning(partition_caution(table.name),
            "use source.plugin: pgoutput with a new slot, or restart waltrack after such a change",
            where);
  }
  if (table.identifies) return;
  if (plugin_ == Plugin::wal2json) {
    warning(name + " has no replica identity: its updates and deletes will not come",
            replica_identity_fix(table.name), where);
  } else if (table.in_publication) {
    warning(name +
                " is published without a replica identity: its updates and deletes fail, for "
                "the application too",
            replica_identity_fix(table.name), where);
  }
}

bool Preflight::may_change_publication(const PublicationState& publication,
                                       const std::vector<TableState>& tables) {
  for (const TableState& table : tables) {
    if (!table.in_publication && table.kind != TableState::Kind::missing && !table.owned) {
      return false;
    }
  }
  if (!publication.exists) {
    return truth("SELECT has_database_privilege(current_database(), 'CREATE')");
  }
  return connection_
      .query("SELECT pg_has_role(pubowner, 'USAGE') FROM pg_publication WHERE pubname = $1",
             {settings_.publication})
      .boolean(0, 0);
}

void Preflight::check_publication() {
  if (plugin_ != Plugin::pgoutput) return;
  const std::string where = "publication " + settings_.publication;
  const PublicationState publication = read_publication(connection_, settings_.publication);
  const std::vector<TableState> tables =
      read_table_states(connection_, settings_.followed.tables, settings_.publication);
  for (const TableName& table : endangered_tables(publication, tables)) {
    error(shown(table) +
              " has no replica identity: once published, its updates and deletes would "
              "fail, for the application too",
          replica_identity_fix(table), where);
  }
  for (const TableState& table : tables) {
    if (!table.filtered) continue;
    error(shown(table.name) + " has a row filter in the publication",
          "filter with `when:` in the mapping, and publish the whole table", where);
  }
  std::string sql;
  for (const std::string& change : publication_changes(settings_, publication, tables)) {
    sql.append(sql.empty() ? "" : " ").append(change).append(";");
  }
  if (!publication.exists && slot_) {
    error(
        "the publication that the slot needs is gone, and one that is made later does not do",
        "drop the slot with pg_drop_replication_slot() and move the state file away to start from "
        "the present",
        where);
  } else if (!sql.empty() && !may_change_publication(publication, tables)) {
    error(publication.exists
              ? "the publication lacks something, and role " + connection_.role() +
                    " may not change it"
              : "there is no publication, and role " + connection_.role() + " may not make it",
          "let the tables' owner run: " + sql, where);
  } else if (!sql.empty() && slot_) {
    warning("the publication lacks something: changes of what it lacks do not come",
            "the next start of `waltrack run` does it; or, at once: " + sql, where);
  }
  if (publication.exists && !(publication.inserts && publication.updates && publication.deletes)) {
    warning("the publication leaves out inserts, updates or deletes",
            "ALTER PUBLICATION " + quote_identifier(settings_.publication) +
                " SET (publish = 'insert, update, delete, truncate');",
            where);
  }
}

}  // namespace

std::vector<Finding> check_source(const SourceSettings& settings) {
  try {
    return Preflight(settings).run();
  } catch (const Error& error) {
    return {{Severity::error, error.what(), error.where(), error.hint()}};
  }
}

}  // namespace waltrack
