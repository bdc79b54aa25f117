#include "postgres/publication.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "postgres/pg_quote.hpp"
#include "postgres/standby.hpp"

namespace waltrack {
namespace {

std::string shown(const TableName& table) {
  return table.schema + "." + table.name;
}

std::string quoted(const TableName& table) {
  return quote_qualified(table.schema, table.name);
}

bool can_be_published(const TableState& table) {
  return table.kind != TableState::Kind::missing && table.kind != TableState::Kind::other;
}

std::string joined(const std::vector<std::string>& statements) {
  std::string text;
  for (const std::string& statement : statements) {
    if (!text.empty()) text.push_back(' ');
    text.append(statement).push_back(';');
  }
  return text;
}

void refuse_what_cannot_work(const std::string& where, const PublicationState& publication,
                             const std::vector<TableState>& tables) {
  for (const TableState& table : tables) {
    if (!can_be_published(table)) {
      throw Error(ErrorKind::usage, "there is no table " + shown(table.name), where,
                  "check the `table:` of its mapping file");
    }
    if (table.filtered) {
      throw Error(ErrorKind::usage,
                  "table " + shown(table.name) + " has a row filter in the publication", where,
                  "filter with `when:` in the mapping instead, and publish the whole table: drop "
                  "it from the publication and add it without WHERE");
    }
  }
  const std::vector<TableName> endangered = endangered_tables(publication, tables);
  if (!endangered.empty()) {
    throw Error(ErrorKind::usage,
                "table " + shown(endangered[0]) +
                    " has no replica identity: in a publication every UPDATE and DELETE of it "
                    "would fail, for the application too",
                where, replica_identity_fix(endangered[0]));
  }
}

}  // namespace

std::string replica_identity_fix(const TableName& table) {
  const std::string alter = "ALTER TABLE " + quoted(table);
  return alter + " ADD PRIMARY KEY (…);  or, for a table without a key: " + alter +
         " REPLICA IDENTITY FULL;";
}

PublicationState read_publication(PgConnection& connection, const std::string& name) {
  const PgResult rows = connection.query(
      "SELECT pubviaroot, pubinsert, pubupdate, pubdelete FROM pg_publication WHERE pubname = $1",
      {name});
  if (rows.rows() == 0) return {};
  return {true, rows.boolean(0, 0), rows.boolean(0, 1), rows.boolean(0, 2), rows.boolean(0, 3)};
}

bool publishes_generated_columns(PgConnection& connection, const std::string& name) {
  constexpr int kKnowsThem = 180000;
  if (connection.server_version() < kKnowsThem) return false;
  const PgResult rows =
      connection.query("SELECT pubgencols = 's' FROM pg_publication WHERE pubname = $1", {name});
  return rows.rows() == 1 && rows.boolean(0, 0);
}

std::vector<std::string> publication_changes(const SourceSettings& settings,
                                             const PublicationState& publication,
                                             const std::vector<TableState>& tables) {
  std::string missing;
  bool partitions = false;
  for (const TableState& table : tables) {
    if (!can_be_published(table)) continue;
    partitions = partitions || table.kind == TableState::Kind::partitioned;
    if (table.in_publication) continue;
    missing.append(missing.empty() ? "" : ", ").append(quoted(table.name));
  }
  const std::string name = quote_identifier(settings.publication);
  const char* via_root = "(publish_via_partition_root = true)";
  if (!publication.exists) {
    return {"CREATE PUBLICATION " + name + (missing.empty() ? "" : " FOR TABLE " + missing) +
            " WITH " + via_root};
  }
  std::vector<std::string> changes;
  if (!missing.empty()) changes.push_back("ALTER PUBLICATION " + name + " ADD TABLE " + missing);
  if (partitions && !publication.via_root) {
    changes.push_back("ALTER PUBLICATION " + name + " SET " + via_root);
  }
  return changes;
}

std::vector<TableName> endangered_tables(const PublicationState& publication,
                                         const std::vector<TableState>& tables) {
  std::vector<TableName> endangered;
  if (!publication.updates && !publication.deletes) return endangered;
  for (const TableState& table : tables) {
    if (can_be_published(table) && !table.identifies && !table.in_publication) {
      endangered.push_back(table.name);
    }
  }
  return endangered;
}

bool ensure_publication(PgConnection& connection, const SourceSettings& settings) {
  const std::string where = connection.context().where + ", publication " + settings.publication;
  const PublicationState publication = read_publication(connection, settings.publication);
  const std::vector<TableState> tables =
      read_table_states(connection, settings.followed.tables, settings.publication);
  refuse_what_cannot_work(where, publication, tables);
  const std::vector<std::string> changes = publication_changes(settings, publication, tables);
  for (const std::string& change : changes) {
    try {
      connection.query(change);
    } catch (const PgError& error) {
      if (error.is_transient()) throw;
      constexpr std::string_view kReadOnly = "25006";
      if (error.sqlstate() == kReadOnly) {
        throw Error(ErrorKind::failure,
                    "the publication is not as it has to be, and a standby can't change it", where,
                    "let the tables' owner run, on the primary: " + joined(changes) +
                        "  Or set source.primary_url, where waltrack does it if its role may");
      }
      throw Error(
          ErrorKind::failure,
          "role " + connection.role() + " may not make the publication as needed: " + error.what(),
          where, "let the tables' owner run, in this database: " + joined(changes));
    }
    log::info("changed the publication",
              {{"publication", settings.publication}, {"statement", change}});
  }
  return !changes.empty();
}

std::vector<std::string> mend_publication(PgConnection& connection, SourceSettings settings) {
  const std::vector<TableState> states =
      read_table_states(connection, settings.followed.tables, settings.publication);
  std::vector<std::string> lacking = undelivered(states, settings.publication);
  if (!read_publication(connection, settings.publication).exists) {
    // Made anew it would not do: the slot can't see one that is younger than what it decodes.
    lacking.push_back("publication " + settings.publication +
                      " is gone; the slot can't do without it: drop both, and start anew");
    return lacking;
  }
  std::vector<TableName> tables;
  for (const TableState& state : states) {
    if (state.kind == TableState::Kind::table || state.kind == TableState::Kind::partitioned) {
      tables.push_back(state.name);
    }
  }
  const auto ensure = [&](std::vector<TableName> some) -> std::string {
    settings.followed.tables = std::move(some);
    try {
      if (see_to_publication(connection, settings)) {
        log::warn("what the publication lacked comes from now on; its changes before do not",
                  {{"publication", settings.publication}});
      }
    } catch (const Error& error) {
      if (error.is_transient()) throw;
      return error.describe();
    }
    return {};
  };
  const std::string fault = ensure(tables);
  if (fault.empty()) return lacking;
  if (tables.size() < 2) {
    lacking.push_back(fault);
    return lacking;
  }
  for (const TableName& table : tables) {
    std::string of_one = ensure({table});
    if (!of_one.empty()) lacking.push_back(std::move(of_one));
  }
  return lacking;
}

}  // namespace waltrack
