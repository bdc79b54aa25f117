#include "postgres/table_state.hpp"

#include <utility>

#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

constexpr int kRowFilters = 150000;  // row filters and publications of schemas came with 15

// A partitioned table is identified when all its leaves are: an update is checked against the leaf.
constexpr const char* kState = R"(
SELECT c.relkind, c.relispartition, c.relpersistence = 'p', pg_has_role(c.relowner, 'USAGE'),
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
       EXISTS (SELECT 1 FROM pg_publication p WHERE p.pubname = $3 AND (p.puballtables OR EXISTS (
         SELECT 1 FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = c.oid))), false,
       '')";
constexpr const char* kMembership15 = R"(
       EXISTS (SELECT 1 FROM pg_publication p WHERE p.pubname = $3 AND (p.puballtables OR EXISTS (
         SELECT 1 FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = c.oid) OR EXISTS (
         SELECT 1 FROM pg_publication_namespace s
          WHERE s.pnpubid = p.oid AND s.pnnspid = c.relnamespace))),
       EXISTS (SELECT 1 FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid
                WHERE p.pubname = $3 AND r.prrelid = c.oid AND r.prqual IS NOT NULL),
       (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum)
          FROM pg_publication p
          JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE p.pubname = $3 AND r.prattrs IS NOT NULL
           AND a.attnum <> ALL (r.prattrs::int2[])))";
constexpr const char* kFrom = R"(
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class rc ON c.relispartition AND rc.oid = pg_partition_root(c.oid)
  LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace
 WHERE n.nspname = $1 AND c.relname = $2)";

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
  if (!table.logged) {
    return name + " is unlogged: its changes are not in the WAL; run: ALTER TABLE " +
           quote_qualified(table.name.schema, table.name.name) + " SET LOGGED;";
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
  const std::string sql =
      std::string(kState) +
      (connection.server_version() >= kRowFilters ? kMembership15 : kMembership) + kFrom;
  std::vector<TableState> states;
  for (const TableName& name : names) {
    TableState state;
    state.name = name;
    const PgResult row = connection.query(sql, {name.schema, name.name, publication});
    if (row.rows() == 1) {
      state.kind = kind_of(row.text(0, 0), row.boolean(0, 1));
      state.logged = row.boolean(0, 2);
      state.owned = row.boolean(0, 3);
      state.identifies = row.boolean(0, 4);
      state.root = {row.string(0, 5), row.string(0, 6)};
      state.in_publication = row.boolean(0, 7);
      state.filtered = row.boolean(0, 8);
      state.unpublished = row.string(0, 9);
    } else {
      state.others = of_the_same_name(connection, name);
    }
    states.push_back(std::move(state));
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
