#include "workshop/setup_sql.hpp"

#include <algorithm>
#include <set>

#include "postgres/output_plugin_list.hpp"
#include "postgres/pg_quote.hpp"
#include "workshop/yaml_text.hpp"

namespace waltrack {
namespace {

std::string quoted(const TableName& table) {
  return quote_qualified(table.schema, table.name);
}

// As a statement, or commented out: names of tables may have line breaks.
std::string as_comment(const std::string& statement) {
  std::string out = "-- ";
  for (const char c : statement) {
    out.push_back(c);
    if (c == '\n') out.append("-- ");
  }
  return out;
}

class SetupWriter {
 public:
  SetupWriter(const ServerReadiness& server, const std::vector<SetupTable>& tables)
      : server_(server), tables_(tables), role_(quote_identifier(server.role)) {}

  std::string write() {
    out_ =
        "-- What waltrack needs on this server, written by `waltrack init`. Read it, then run it "
        "in\n"
        "-- the database " +
        comment_text(server_.database) +
        " as a superuser, or on a managed server as the administrator who\n"
        "-- owns the tables: psql \"$ADMIN_URL\" -v ON_ERROR_STOP=1 -f waltrack-setup.sql\n"
        "-- Running it again is harmless. Lines that begin with -- are choices, or fine already.\n";
    write_log();
    write_role();
    write_grants();
    write_identities();
    write_publication();
    write_wal2json();
    return std::move(out_);
  }

 private:
  void heading(const std::string& text) { out_.append("\n-- ").append(text).append("\n"); }
  void remark(const std::string& text) {
    out_.append(text.empty() ? "--" : "-- ").append(text).append("\n");
  }
  void statement(const std::string& sql) { out_.append(sql).append(";\n"); }
  void choice(const std::string& sql) { out_.append(as_comment(sql)).append(";\n"); }

  void write_log();
  void write_role();
  void write_grants();
  void write_identities();
  void write_publication();
  void write_wal2json();
  void alter_identity(const SetupTable& table);

  const ServerReadiness& server_;
  const std::vector<SetupTable>& tables_;
  std::string role_;
  std::string out_;
};

void SetupWriter::write_log() {
  heading("1. The log must carry what logical decoding reads.");
  if (server_.wal_level == "logical") {
    remark("Fine: wal_level is logical.");
  } else if (server_.is_rds) {
    remark("wal_level is " + server_.wal_level +
           ": set rds.logical_replication = 1 in the parameter group, and restart the server.");
  } else {
    remark("wal_level is " + server_.wal_level + ". This needs a restart of the server:");
    statement("alter system set wal_level = logical");
  }
  if (server_.max_slot_wal_keep_size == "-1") {
    remark(
        "A stopped waltrack makes the server keep its log without limit. To bound that (what goes");
    remark("beyond it is lost to waltrack, and said so):");
    choice("alter system set max_slot_wal_keep_size = '10GB'");
  }
}

void SetupWriter::write_role() {
  heading("2. The role. REPLICATION lets it make and read its slot; it needs no other power.");
  if (!server_.role_exists) {
    statement(do_block("begin\n  if not exists (select from pg_roles where rolname = " +
                       quote_literal(server_.role) + ") then\n    create role " + role_ +
                       " login;\n  end if;\nend"));
    remark("It has no password yet. In psql: \\password " + comment_text(server_.role));
  }
  if (server_.role_exists && server_.role_may_log_in && server_.role_may_replicate) {
    remark("Fine: role " + comment_text(server_.role) + " exists and may log in and replicate.");
  } else if (server_.is_rds) {
    statement("grant rds_replication to " + role_);
  } else {
    statement("alter role " + role_ + " login replication");
  }
}

void SetupWriter::write_grants() {
  heading("3. What it may see. `waltrack check` reads the tables' columns.");
  statement("grant connect on database " + quote_identifier(server_.database) + " to " + role_);
  std::set<std::string> schemas;
  for (const SetupTable& table : tables_)
    schemas.insert(table.facts->table.schema);
  for (const std::string& schema : schemas)
    statement("grant usage on schema " + quote_identifier(schema) + " to " + role_);
  for (const SetupTable& table : tables_) {
    std::string grant = "grant select on table " + quoted(table.facts->name());
    // Backfills read each partition by itself.
    for (const TableName& leaf : table.facts->leaves)
      grant += ", " + quoted(leaf);
    grant += " to " + role_;
    if (table.followed) {
      statement(grant);
    } else {
      choice(grant);
    }
  }
}

void SetupWriter::alter_identity(const SetupTable& table) {
  const auto alter = [&](const TableName& name) {
    choice("alter table " + quoted(name) + " replica identity full");
  };
  // A partition's rows go by its own identity.
  alter(table.facts->name());
  for (const TableName& leaf : table.facts->leaves)
    alter(leaf);
}

void SetupWriter::write_identities() {
  heading(
      "4. Old values. An update or delete carries only the old primary key, unless the table has");
  remark("REPLICA IDENTITY FULL: then every update and delete logs the whole old row.");
  bool any = false;
  for (const SetupTable& table : tables_) {
    if (table.facts->identifies) continue;
    remark("");
    remark(comment_text(table.facts->name().full_name()) +
           " has no primary key: without one of these its updates and deletes cannot be followed,");
    remark("and would FAIL, for the application too, once it is published.");
    choice("alter table " + quoted(table.facts->name()) + " add primary key (…)");
    alter_identity(table);
    any = true;
  }
  bool told = false;
  for (const SetupTable& table : tables_) {
    if (!table.reads_old || !table.followed || !table.facts->identifies) continue;
    if (!told) {
      remark("");
      remark(
          "For the examples that are commented out in these tables' mappings (`old.`, `changed.`,");
      remark("deletes):");
    }
    told = any = true;
    alter_identity(table);
  }
  if (!any) remark("Nothing to do.");
}

void SetupWriter::write_publication() {
  const std::string name = quote_identifier(server_.publication);
  heading(
      "5. The publication, for the plugin pgoutput. It must be there before waltrack's first "
      "start.");
  std::string list;
  for (const SetupTable& table : tables_) {
    if (table.followed)
      list.append(list.empty() ? "" : ",\n  ").append(quoted(table.facts->name()));
  }
  if (list.empty()) {
    remark("There is nothing to publish yet.");
    return;
  }
  if (!server_.publication_exists) {
    statement(do_block("begin\n  if not exists (select from pg_publication where pubname = " +
                       quote_literal(server_.publication) + ") then\n    create publication " +
                       name + " with (publish_via_partition_root = true);\n  end if;\nend"));
  } else if (server_.publication_via_root) {
    remark("Fine: it exists, and tells partitions' rows as their root's.");
  } else {
    statement("alter publication " + name + " set (publish_via_partition_root = true)");
  }
  statement("alter publication " + name + " set table\n  " + list);
}

void SetupWriter::write_wal2json() {
  if (!server_.knows_output_plugin_libraries) return;
  heading("6. The plugin wal2json.");
  if (server_.allows_wal2json) {
    remark("Fine: the server allows it, if it is installed.");
    return;
  }
  remark(
      "The server does not allow it; waltrack then uses pgoutput, which needs nothing more. To "
      "use");
  remark("wal2json instead, for a slot that is still to be made (no quotes around the list):");
  choice("alter system set output_plugin_libraries = " +
         OutputPluginList::parse(server_.output_plugin_libraries).with("wal2json"));
  choice("select pg_reload_conf()");
}

}  // namespace

std::string setup_sql(const ServerReadiness& server, const std::vector<SetupTable>& tables) {
  return SetupWriter(server, tables).write();
}

}  // namespace waltrack
