#include "postgres/table_state.hpp"

#include <utility>

#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

constexpr int kRowFilters = 150000;  // row filters and publications of schemas came with 15

// A partitioned table is identified when all its leaves are: an update is checked against the leaf.
constexpr const char* kState = R"(
SELECT w.place, c.relkind, c.relispartition,
       (SELECT string_agg(format('ALTER TABLE %I.%I SET LOGGED', mn.nspname, m.relname), '; '
                          ORDER BY mn.nspname, m.relname)
          FROM pg_class m
          JOIN pg_namespace mn ON mn.oid = m.relnamespace
         WHERE m.relkind = 'r' AND m.relpersistence <> 'p'
           AND m.oid IN (SELECT c.oid UNION SELECT relid FROM pg_partition_tree(c.oid))),
       pg_has_role(c.relowner, 'USAGE'),
       coalesce((SELECT bool_and(m.relreplident = 'f' OR EXISTS (
                   SELECT 1 FROM pg_index i
                    WHERE i.indrelid = m.oid
                      AND (m.relreplident = 'd' AND i.indisprimary OR
                           m.relreplident = 'i' AND i.indisreplident)))
                   FROM pg_class m
                  WHERE m.relkind = 'r'
                    AND m.oid IN (SELECT c.oid UNION SELECT relid FROM pg_partition_tree(c.oid))),
                true),
       coalesce(rn.nspname, n.nspname), coalesce(rc.relname, c.relname), )";
constexpr const char* kMembership = R"(
       EXISTS (SELECT 1 FROM pg_publication p WHERE p.pubname = $1 AND (p.puballtables OR EXISTS (
         SELECT 1 FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = c.oid))), false,
       '')";
constexpr const char* kMembership15 = R"(
       EXISTS (SELECT 1 FROM pg_publication p WHERE p.pubname = $1 AND (p.puballtables OR EXISTS (
         SELECT 1 FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = c.oid) OR EXISTS (
         SELECT 1 FROM pg_publication_namespace s
          WHERE s.pnpubid = p.oid AND s.pnnspid = c.relnamespace))),
       EXISTS (SELECT 1 FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid
                WHERE p.pubname = $1 AND r.prrelid = c.oid AND r.prqual IS NOT NULL),
       (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum)
          FROM pg_publication p
          JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE p.pubname = $1 AND r.prattrs IS NOT NULL
           AND a.attnum <> ALL (r.prattrs::int2[])))";
constexpr const char* kFrom = R"(
  JOIN pg_namespace n ON n.nspname = w.schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
  LEFT JOIN pg_class rc ON c.relispartition AND rc.oid = pg_partition_root(c.oid)
  LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace)";

// All of them in one question: there may be thousands.
std::string wanted(const std::vector<TableName>& names) {
  std::string rows;
  for (size_t i = 0; i < names.size(); ++i) {
    rows.append(i == 0 ? "(" : ", (").append(std::to_string(i));
    rows.append(", " + quote_literal(names[i].schema) + ", " + quote_literal(names[i].name) + ")");
  }
  return " FROM (VALUES " + rows + ") AS w (place, schema, name)";
}

TableState::Kind kind_of(std::string_view relkind, bool is_partition) {
  if (is_partition && (relkind == "r" || relkind == "p")) return TableState::Kind::partition;
  if (relkind == "r") return TableState::Kind::table;
  if (relkind == "p") return TableState::Kind::partitioned;
  return TableState::Kind::other;
}

std::vector<TableName> of_the_same_name(PgConnection& connection, const TableName& name) {
  const PgResult rows = connection.query(
      "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
      "c.relname = $1 AND c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' ORDER BY 1",
      {name.name});
  std::vector<TableName> found;
  for (int i = 0; i < rows.rows(); ++i)
    found.push_back({rows.string(i, 0), name.name});
  return found;
}

std::string undelivered(const TableState& table, const std::string& publication) {
  const std::string name = table.name.full_name();
  switch (table.kind) {
    case TableState::Kind::missing: {
      std::string others;
      for (const TableName& other : table.others)
        others.append(others.empty() ? "" : ", ").append(other.full_name());
      return "there is no table " + name + " any more; " +
             (others.empty() ? "if it was renamed, map its new name"
                             : "if it was moved, map it where it is: " + others);
    }
    case TableState::Kind::other:
      return name + " is no table any more, and only tables have changes to follow";
    case TableState::Kind::partition:
      return name + " is a partition now: its changes are told as those of " +
             table.root.full_name() + "; map that";
    case TableState::Kind::table:
    case TableState::Kind::partitioned:
      break;
  }
  if (!table.set_logged.empty()) {
    return name + (table.kind == TableState::Kind::table ? " is" : " has partitions that are") +
           " unlogged: their changes are not in the WAL; run: " + table.set_logged + ";";
  }
  if (!table.unpublished.empty()) {
    return "the publication " + publication + " leaves out columns of " + name + ": " +
           table.unpublished +
           "; where a mapping needs them, drop the table from the publication and add it without "
           "a list of columns";
  }
  return {};
}

}  // namespace

std::vector<TableState> read_table_states(PgConnection& connection,
                                          const std::vector<TableName>& names,
                                          const std::string& publication) {
  std::vector<TableState> states(names.size());
  for (size_t i = 0; i < names.size(); ++i)
    states[i].name = names[i];
  if (names.empty()) return states;
  const PgResult rows = connection.query(
      kState +
          std::string(connection.server_version() >= kRowFilters ? kMembership15 : kMembership) +
          wanted(names) + kFrom,
      {publication});
  for (int row = 0; row < rows.rows(); ++row) {
    TableState& state = states.at(static_cast<size_t>(rows.integer(row, 0)));
    state.kind = kind_of(rows.text(row, 1), rows.boolean(row, 2));
    state.set_logged = rows.string(row, 3);
    state.owned = rows.boolean(row, 4);
    state.identifies = rows.boolean(row, 5);
    state.root = {rows.string(row, 6), rows.string(row, 7)};
    state.in_publication = rows.boolean(row, 8);
    state.filtered = rows.boolean(row, 9);
    state.unpublished = rows.string(row, 10);
  }
  for (TableState& state : states) {
    if (state.kind == TableState::Kind::missing) {
      state.others = of_the_same_name(connection, state.name);
    }
  }
  return states;
}

std::vector<std::string> undelivered(const std::vector<TableState>& tables,
                                     const std::string& publication) {
  std::vector<std::string> told;
  for (const TableState& table : tables) {
    std::string one = undelivered(table, publication);
    if (!one.empty()) told.push_back(std::move(one));
  }
  return told;
}

std::string partition_caution(const TableName& table) {
  return table.full_name() +
         " is partitioned: with wal2json the rows of a partition that is attached, detached or "
         "made in another schema while waltrack streams may not come; plugin: pgoutput follows "
         "them";
}

}  // namespace waltrack
