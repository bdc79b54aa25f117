#include "postgres/table_state.hpp"

#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

constexpr int kRowFilters = 150000;  // row filters and publications of schemas came with 15

// A partitioned table is identified when all its leaves are: an update is checked against the leaf.
constexpr const char* kState = R"(
SELECT w.place, c.relkind, c.relispartition, c.relpersistence = 'p',
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
         SELECT 1 FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = c.oid))), false)";
constexpr const char* kMembership15 = R"(
       EXISTS (SELECT 1 FROM pg_publication p WHERE p.pubname = $1 AND (p.puballtables OR EXISTS (
         SELECT 1 FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = c.oid) OR EXISTS (
         SELECT 1 FROM pg_publication_namespace s
          WHERE s.pnpubid = p.oid AND s.pnnspid = c.relnamespace))),
       EXISTS (SELECT 1 FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid
                WHERE p.pubname = $1 AND r.prrelid = c.oid AND r.prqual IS NOT NULL))";
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
    state.logged = rows.boolean(row, 3);
    state.owned = rows.boolean(row, 4);
    state.identifies = rows.boolean(row, 5);
    state.root = {rows.string(row, 6), rows.string(row, 7)};
    state.in_publication = rows.boolean(row, 8);
    state.filtered = rows.boolean(row, 9);
  }
  return states;
}

std::string partition_caution(const TableName& table) {
  return table.full_name() +
         " is partitioned: with wal2json the rows of a partition that is attached, detached or "
         "made "
         "in another schema while waltrack streams may not come; plugin: pgoutput follows them";
}

}  // namespace waltrack
