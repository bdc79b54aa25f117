#include "postgres/table_state.hpp"

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
         SELECT 1 FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = c.oid))), false)";
constexpr const char* kMembership15 = R"(
       EXISTS (SELECT 1 FROM pg_publication p WHERE p.pubname = $3 AND (p.puballtables OR EXISTS (
         SELECT 1 FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = c.oid) OR EXISTS (
         SELECT 1 FROM pg_publication_namespace s
          WHERE s.pnpubid = p.oid AND s.pnnspid = c.relnamespace))),
       EXISTS (SELECT 1 FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid
                WHERE p.pubname = $3 AND r.prrelid = c.oid AND r.prqual IS NOT NULL))";
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
    }
    states.push_back(std::move(state));
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
