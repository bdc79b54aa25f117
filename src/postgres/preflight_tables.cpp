#include "postgres/preflight_tables.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "base/nearest.hpp"
#include "postgres/catalog.hpp"
#include "postgres/pg_quote.hpp"
#include "postgres/publication.hpp"

namespace waltrack {
namespace {

std::string quoted(const TableName& table) {
  return quote_qualified(table.schema, table.name);
}

// Its oid as SQL. A cast to regclass would ask for USAGE on the schema.
std::string oid_of(const TableName& table) {
  return "(SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
         "n.nspname = " +
         quote_literal(table.schema) + " AND c.relname = " + quote_literal(table.name) + ")";
}

// What stands under a name that is no table.
std::string other_kind(Inspection& look, const TableName& table) {
  const PgResult row = look.connection.query(
      "SELECT CASE c.relkind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view' WHEN 'f' "
      "THEN 'a foreign table' WHEN 'S' THEN 'a sequence' ELSE 'no table' END FROM pg_class c JOIN "
      "pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2",
      {table.schema, table.name});
  return row.rows() == 1 ? row.string(0, 0) : "no table";
}

void tell_missing(Inspection& look, const TableName& table) {
  Catalog catalog(look.settings.url);
  catalog.load();
  std::vector<std::string> known;
  for (const TableName& one : catalog.tables())
    known.push_back(one.full_name());
  look.error("table_missing", "there is no table " + table.full_name(),
             fix_by_text(suggest_name(table.full_name(), known)), "table " + table.full_name());
}

void check_identity(Inspection& look, const TableState& table) {
  if (table.identifies) return;
  const std::string name = table.name.full_name();
  if (look.plugin == Plugin::wal2json) {
    Fix fix = identity_fix(look, table.name);
    fix.choice = true;  // a table that is only ever inserted into does not need it
    look.warning("table_identity",
                 name + " has no replica identity: its updates and deletes will not come",
                 std::move(fix), "table " + name);
    return;
  }
  const PublicationState publication = read_publication(look.connection, look.settings.publication);
  if (table.in_publication && (publication.updates || publication.deletes)) {
    look.error("table_identity",
               name +
                   " is published without a replica identity: its updates and deletes fail, for "
                   "the application too",
               identity_fix(look, table.name), "table " + name);
  }
}

void check_table(Inspection& look, const TableState& table) {
  const std::string name = table.name.full_name();
  const std::string where = "table " + name;
  switch (table.kind) {
    case TableState::Kind::missing:
      return tell_missing(look, table.name);
    case TableState::Kind::other: {
      const std::string kind = other_kind(look, table.name);
      look.error("table_kind",
                 name + " is not a table but " + kind + ": only tables have changes to follow",
                 fix_by_text(kind == "a foreign table"
                                 ? "follow it on the server that it lives on"
                                 : "map the tables behind it, or take it out of the mappings"),
                 where);
      return;
    }
    case TableState::Kind::partition:
      look.error(
          "table_partition",
          name + " is a partition: its changes are told as those of " + table.root.full_name(),
          fix_by_text("map " + table.root.full_name()), where);
      return;
    case TableState::Kind::table:
    case TableState::Kind::partitioned:
      break;
  }
  if (!table.set_logged.empty()) {
    const bool whole = table.kind == TableState::Kind::table;
    look.error("table_unlogged",
               name + (whole ? " is" : " has partitions that are") +
                   " unlogged or temporary: their changes are not in the WAL",
               look.writing(table.set_logged), where);
    look.findings.back().fix.text = "(it writes the whole table anew, and locks it meanwhile)";
  }
  if (table.kind == TableState::Kind::partitioned && look.plugin == Plugin::wal2json) {
    look.warning("table_partitioned", partition_caution(table.name),
                 fix_by_text("use source.plugin: pgoutput with a new slot, or restart waltrack "
                             "after such a change"),
                 where);
  }
  check_identity(look, table);
}

}  // namespace

std::string enumerated(const std::vector<std::string>& names) {
  constexpr size_t kMost = 5;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMost); ++i)
    text.append(i == 0 ? "" : ", ").append(names[i]);
  if (names.size() > kMost) text += " and " + std::to_string(names.size() - kMost) + " more";
  return text;
}

Fix identity_fix(Inspection& look, const TableName& table) {
  const PgResult parts = look.connection.query(
      "SELECT n.nspname, c.relname, (SELECT quote_ident(x.relname) FROM pg_index i JOIN pg_class x "
      "ON x.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND "
      "i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT EXISTS (SELECT 1 FROM "
      "pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey) AND NOT a.attnotnull) "
      "ORDER BY i.indnatts, x.relname LIMIT 1) FROM pg_class c JOIN pg_namespace n ON n.oid = "
      "c.relnamespace WHERE c.relkind = 'r' AND c.oid IN (SELECT " +
      oid_of(table) + " UNION SELECT relid FROM pg_partition_tree(" + oid_of(table) +
      ")) AND c.relreplident <> 'f' AND NOT EXISTS (SELECT 1 FROM pg_index k WHERE k.indrelid = "
      "c.oid AND (c.relreplident = 'd' AND k.indisprimary OR c.relreplident = 'i' AND "
      "k.indisreplident)) ORDER BY 1, 2");
  Fix fix;
  for (int i = 0; i < parts.rows(); ++i) {
    const std::string how = parts.is_null(i, 2) ? "FULL" : "USING INDEX " + parts.string(i, 2);
    fix.sql.push_back({"ALTER TABLE " + quote_qualified(parts.text(i, 0), parts.text(i, 1)) +
                           " REPLICA IDENTITY " + how,
                       {},
                       look.writable()});
  }
  fix.text = "or, better where it has columns for it: ALTER TABLE " + quoted(table) +
             " ADD PRIMARY KEY (…);";
  return fix;
}

void check_tables(Inspection& look, const std::vector<TableState>& tables) {
  for (const TableState& table : tables)
    check_table(look, table);
}

std::vector<TableName> partitioned_tables(PgConnection& connection,
                                          const std::vector<TableName>& tables) {
  std::vector<TableName> partitioned;
  for (const TableState& table : read_table_states(connection, tables, {})) {
    if (table.kind == TableState::Kind::partitioned) partitioned.push_back(table.name);
  }
  return partitioned;
}

std::vector<std::string> full_identity_of_partitions(PgConnection& connection,
                                                     const TableName& table) {
  const PgResult rows = connection.query(
      "SELECT n.nspname, c.relname FROM pg_partition_tree(" + oid_of(table) +
      ") t JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
      "t.isleaf AND c.relkind = 'r' AND c.relreplident <> 'f' ORDER BY 1, 2");
  std::vector<std::string> statements;
  for (int i = 0; i < rows.rows(); ++i) {
    statements.push_back("ALTER TABLE " + quote_qualified(rows.text(i, 0), rows.text(i, 1)) +
                         " REPLICA IDENTITY FULL");
  }
  return statements;
}

// A root's identity is what mappings are compiled for; a partition's own is what the server goes
// by.
void check_partitions(Inspection& look, const std::vector<TableState>& tables) {
  for (const TableState& table : tables) {
    if (table.kind != TableState::Kind::partitioned) continue;
    const PgResult root = look.connection.query("SELECT relreplident FROM pg_class WHERE oid = " +
                                                oid_of(table.name));
    if (root.rows() == 0 || root.text(0, 0) != "f") continue;
    const std::vector<std::string> statements =
        full_identity_of_partitions(look.connection, table.name);
    if (statements.empty()) continue;
    Fix fix;
    for (const std::string& statement : statements)
      fix.sql.push_back({statement, {}, look.writable()});
    look.error("partition_identity",
               table.name.full_name() + " has REPLICA IDENTITY FULL, but " +
                   std::to_string(statements.size()) +
                   " of its partitions have not: each goes by its own, and their old rows come "
                   "without the columns that mappings count on",
               std::move(fix), "table " + table.name.full_name());
  }
}

// Streaming goes by the slot and asks for no privilege on tables; what reads rows does.
void check_grants(Inspection& look, const std::vector<TableState>& tables) {
  constexpr const char* kWhy =
      ": streaming does not need it, but `waltrack preview` and backfills do";
  std::string wanted;
  for (const TableState& table : tables) {
    if (table.kind == TableState::Kind::missing || table.kind == TableState::Kind::other) continue;
    wanted.append(wanted.empty() ? "(" : ", (")
        .append(quote_literal(table.name.schema) + ", " + quote_literal(table.name.name) + ")");
  }
  if (wanted.empty()) return;
  const PgResult rows = look.connection.query(
      "SELECT n.nspname, c.relname, has_schema_privilege(n.oid, 'USAGE'), "
      "has_table_privilege(c.oid, 'SELECT') FROM (VALUES " +
      wanted +
      ") AS w (s, r) JOIN pg_namespace rn ON rn.nspname = w.s JOIN pg_class root "
      "ON root.relnamespace = rn.oid AND root.relname = w.r "
      // Backfills read each partition by itself.
      "JOIN LATERAL (SELECT root.oid UNION SELECT relid FROM pg_partition_tree(root.oid)) t (oid) "
      "ON true JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace "
      "ORDER BY 1, 2");
  const std::string& role = look.connection.role();
  std::set<std::string> schemas;
  std::vector<std::string> names;
  std::string quoted_names;
  for (int i = 0; i < rows.rows(); ++i) {
    const TableName table{rows.string(i, 0), rows.string(i, 1)};
    if (!rows.boolean(i, 2) && schemas.insert(table.schema).second) {
      look.warning("grant_usage", "role " + role + " may not use schema " + table.schema + kWhy,
                   look.writing("GRANT USAGE ON SCHEMA " + quote_identifier(table.schema) + " TO " +
                                quote_identifier(role)));
    }
    if (rows.boolean(i, 3)) continue;
    names.push_back(table.full_name());
    quoted_names.append(quoted_names.empty() ? "" : ", ").append(quoted(table));
  }
  if (names.empty()) return;
  look.warning("grant_select", "role " + role + " may not read " + enumerated(names) + kWhy,
               look.writing("GRANT SELECT ON " + quoted_names + " TO " + quote_identifier(role)));
}

}  // namespace waltrack
