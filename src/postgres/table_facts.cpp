#include "postgres/table_facts.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "postgres/pg_quote.hpp"
#include "postgres/table_state.hpp"

namespace waltrack {
namespace {

constexpr const char* kTables = R"(
SELECT n.nspname, c.relname, coalesce(obj_description(c.oid, 'pg_class'), ''),
       CASE c.relkind WHEN 'p' THEN
         (SELECT CASE WHEN min(m.reltuples) < 0 THEN -1 ELSE sum(m.reltuples) END
            FROM pg_partition_tree(c.oid) t JOIN pg_class m ON m.oid = t.relid AND t.isleaf)
       ELSE c.reltuples END::int8,
       c.relkind = 'p',
       EXISTS (SELECT 1 FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition)";

constexpr const char* kColumns = R"(
SELECT n.nspname, c.relname, a.attname, coalesce(col_description(c.oid, a.attnum), ''),
       a.attgenerated <> '', coalesce(e.enumlabel, '')
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_enum e ON e.enumtypid = a.atttypid
 WHERE a.attnum > 0 AND NOT a.attisdropped AND n.nspname !~ '^pg_' AND
       n.nspname <> 'information_schema'
 ORDER BY a.attrelid, a.attnum, e.enumsortorder)";

// One row for each column of a key, in the key's order; keys of partitions are their root's.
constexpr const char* kKeys = R"(
SELECT n.nspname, c.relname, k.oid, k.contype, a.attname, coalesce(fn.nspname, ''),
       coalesce(f.relname, ''), coalesce(fa.attname, '')
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid AND NOT c.relispartition
  JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u(own, target, place)
  JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.own
  LEFT JOIN pg_class f ON f.oid = k.confrelid
  LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
  LEFT JOIN pg_attribute fa ON fa.attrelid = k.confrelid AND fa.attnum = u.target
 WHERE k.contype = 'p' OR k.contype = 'f' AND (f.oid IS NULL OR NOT f.relispartition)
 ORDER BY k.conname, k.oid, u.place)";

constexpr const char* kLeaves = R"(
SELECT n.nspname, c.relname, ln.nspname, l.relname
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL pg_partition_tree(c.oid) t
  JOIN pg_class l ON l.oid = t.relid AND l.relkind = 'r'
  JOIN pg_namespace ln ON ln.oid = l.relnamespace
 WHERE c.relkind = 'p' AND NOT c.relispartition
 ORDER BY 1, 2, 3, 4)";

// The tables by their names, to be filled in.
class Survey {
 public:
  Survey(std::vector<Table> tables) {
    facts_.reserve(tables.size());
    for (Table& table : tables) {
      TableFacts& facts = facts_.emplace_back();
      facts.table = std::move(table);
      facts.columns.resize(facts.table.columns.size());
    }
    std::ranges::sort(facts_, {}, [](const TableFacts& one) {
      return std::tie(one.table.schema, one.table.name);
    });
    for (TableFacts& facts : facts_)
      by_name_[quote_qualified(facts.table.schema, facts.table.name)] = &facts;
  }

  void keep_tables(const PgResult& rows) {
    for (int i = 0; i < rows.rows(); ++i) {
      TableFacts* facts = find(rows, i);
      if (facts == nullptr) continue;
      facts->comment = rows.string(i, 2);
      facts->row_estimate = rows.is_null(i, 3) ? 0 : rows.integer(i, 3);
      facts->partitioned = rows.boolean(i, 4);
      facts->of_extension = rows.boolean(i, 5);
    }
  }

  void keep_columns(const PgResult& rows) {
    for (int i = 0; i < rows.rows(); ++i) {
      TableFacts* facts = find(rows, i);
      if (facts == nullptr) continue;
      const auto column = facts->table.find_column(rows.text(i, 2));
      if (!column) continue;
      ColumnFacts& said = facts->columns[*column];
      said.comment = rows.string(i, 3);
      said.generated = rows.boolean(i, 4);
      if (!rows.text(i, 5).empty()) said.labels.push_back(rows.string(i, 5));
    }
  }

  void keep_keys(const PgResult& rows) {
    int64_t last = -1;
    for (int i = 0; i < rows.rows(); ++i) {
      TableFacts* facts = find(rows, i);
      if (facts == nullptr) continue;
      if (rows.text(i, 3) == "p") {
        facts->primary_key.push_back(rows.string(i, 4));
        continue;
      }
      if (rows.integer(i, 2) != last) facts->foreign_keys.emplace_back();
      last = rows.integer(i, 2);
      ForeignKey& key = facts->foreign_keys.back();
      key.columns.push_back(rows.string(i, 4));
      key.target = {rows.string(i, 5), rows.string(i, 6)};
      key.target_columns.push_back(rows.string(i, 7));
    }
  }

  void keep_leaves(const PgResult& rows) {
    for (int i = 0; i < rows.rows(); ++i) {
      TableFacts* facts = find(rows, i);
      if (facts != nullptr) facts->leaves.push_back({rows.string(i, 2), rows.string(i, 3)});
    }
  }

  void keep_states(PgConnection& connection) {
    std::vector<TableName> names;
    for (const TableFacts& facts : facts_)
      names.push_back(facts.name());
    const std::vector<TableState> states = read_table_states(connection, names, "");
    for (size_t i = 0; i < states.size(); ++i) {
      facts_[i].logged = states[i].set_logged.empty();
      facts_[i].identifies = states[i].identifies;
    }
  }

  std::vector<TableFacts> take() { return std::move(facts_); }

 private:
  TableFacts* find(const PgResult& rows, int row) {
    const auto found = by_name_.find(quote_qualified(rows.text(row, 0), rows.text(row, 1)));
    return found == by_name_.end() ? nullptr : found->second;
  }

  std::vector<TableFacts> facts_;
  std::map<std::string, TableFacts*> by_name_;
};

}  // namespace

std::vector<TableFacts> read_table_facts(PgConnection& connection, Catalog& catalog) {
  Survey survey(catalog.read_tables());
  survey.keep_tables(connection.query(kTables));
  survey.keep_columns(connection.query(kColumns));
  survey.keep_keys(connection.query(kKeys));
  survey.keep_leaves(connection.query(kLeaves));
  survey.keep_states(connection);
  return survey.take();
}

}  // namespace waltrack
