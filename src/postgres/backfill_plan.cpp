#include "postgres/backfill_plan.hpp"

#include <algorithm>
#include <utility>

#include "base/nearest.hpp"
#include "postgres/pg_quote.hpp"
#include "postgres/table_state.hpp"

namespace waltrack {
namespace {

constexpr const char* kPlace = "ctid";

// The columns of the index that is the replica identity, and of the primary key; a column a row.
constexpr const char* kKeys = R"(
SELECT i.indexrelid, a.attname
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_index i ON i.indrelid = c.oid AND i.indisvalid
  CROSS JOIN LATERAL unnest((i.indkey::int2[])[0:i.indnkeyatts - 1])
       WITH ORDINALITY AS k (attnum, place)
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
 WHERE n.nspname = $1 AND c.relname = $2
   AND (i.indisprimary OR c.relreplident = 'i' AND i.indisreplident)
 ORDER BY (c.relreplident = 'i' AND i.indisreplident) DESC, i.indexrelid, k.place)";

// The table, and what hangs below it if it is partitioned. `names` are the plan's columns, `key`
// those of its key. A deferrable key is no replica identity.
constexpr const char* kParts = R"(
SELECT n.nspname, l.relname, l.relkind, has_schema_privilege(n.oid, 'USAGE'),
       (SELECT string_agg(quote_ident(u.name), ', ') FROM unnest(w.names) AS u (name)
         WHERE NOT has_column_privilege(l.oid, u.name, 'SELECT')),
       row_security_active(l.oid), l.relpersistence = 'p',
       l.relreplident = 'f' OR w.key <@ ARRAY (
         SELECT a.attname::text
           FROM pg_index i
           JOIN pg_attribute a ON a.attrelid = l.oid
                              AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
          WHERE i.indrelid = l.oid AND i.indisvalid AND i.indimmediate
            AND (l.relreplident = 'd' AND i.indisprimary OR
                 l.relreplident = 'i' AND i.indisreplident)),
       CASE WHEN l.reltuples > 0 OR l.relkind <> 'r' THEN l.reltuples::int8
            ELSE pg_relation_size(l.oid) / (32 + 8 * l.relnatts) END
  FROM (SELECT $1::text AS schema, $2::text AS name, {names}::text[] AS names,
               {key}::text[] AS key) AS w
  JOIN pg_namespace cn ON cn.nspname = w.schema
  JOIN pg_class c ON c.relnamespace = cn.oid AND c.relname = w.name
  JOIN pg_class l ON l.oid = c.oid OR l.oid IN (SELECT relid FROM pg_partition_tree(c.oid)
                                                 WHERE isleaf)
  JOIN pg_namespace n ON n.oid = l.relnamespace
 ORDER BY n.nspname COLLATE "C", l.relname COLLATE "C")";

std::string array_of(const std::vector<std::string>& names) {
  std::string text = "ARRAY[";
  for (const std::string& name : names) {
    if (&name != &names.front()) text += ", ";
    text += quote_literal(name);
  }
  return text + "]";
}

void fill_in(std::string& sql, std::string_view mark, const std::string& text) {
  sql.replace(sql.find(mark), mark.size(), text);
}

// "public.a, public.b, public.c and 4 more"
std::string some(const std::vector<TableName>& tables) {
  constexpr size_t kShown = 3;
  std::string text;
  for (size_t i = 0; i < std::min(tables.size(), kShown); ++i)
    text.append(i == 0 ? "" : ", ").append(tables[i].full_name());
  if (tables.size() > kShown) text += " and " + std::to_string(tables.size() - kShown) + " more";
  return text;
}

void add_sentence(std::string& caveat, const std::string& sentence) {
  caveat.append(caveat.empty() ? "" : "; ").append(sentence);
}

// The table, or the one that it is a partition of.
TableName resolve(PgConnection& connection, const TableName& table) {
  const TableState state = read_table_states(connection, {table}, "").front();
  if (state.kind == TableState::Kind::missing) {
    throw Error(ErrorKind::failure, "there is no table " + table.full_name(),
                connection.context().where,
                state.others.empty() ? "check its schema and its name"
                                     : "did you mean " + some(state.others) + "?");
  }
  if (state.kind == TableState::Kind::other) {
    throw Error(ErrorKind::failure, table.full_name() + " is not a table",
                connection.context().where,
                "rows are read of tables only, as changes come of tables only");
  }
  return state.kind == TableState::Kind::partition ? state.root : table;
}

std::vector<std::string> read_key(PgConnection& connection, const TableName& table) {
  const PgResult rows = connection.query(kKeys, {table.schema, table.name});
  std::vector<std::string> key;
  for (int i = 0; i < rows.rows() && rows.text(i, 0) == rows.text(0, 0); ++i)
    key.push_back(rows.string(i, 1));
  return key;
}

// Leaves those columns in it that are wanted.
void narrow(Table& layout, const std::vector<std::string>& columns,
            const std::vector<std::string>& key, const PgContext& context) {
  std::vector<std::string> known;
  for (const Column& column : layout.columns)
    known.push_back(column.name);
  for (const std::string& name : columns) {
    if (layout.find_column(name)) continue;
    throw Error(ErrorKind::failure, layout.full_name() + " has no column " + name, context.where,
                suggest_name(name, known));
  }
  const size_t all = layout.columns.size();
  std::erase_if(layout.columns, [&](const Column& column) {
    return std::ranges::find(columns, column.name) == columns.end() &&
           std::ranges::find(key, column.name) == key.end();
  });
  layout.whole = layout.columns.size() == all;
}

void add_place(Table& layout) {
  Column place;
  place.name = kPlace;
  place.type.oid = 27;  // tid
  place.type.name = "tid";
  place.nullable = false;
  layout.columns.push_back(std::move(place));
}

// What is to be said of the table and its partitions, gathered from kParts.
class Parts {
 public:
  Parts(const PgResult& rows, std::string role) : role_(std::move(role)) {
    for (int i = 0; i < rows.rows(); ++i)
      take(rows, i);
  }

  // Throws when something may not be read.
  void into(BackfillPlan& plan, const PgContext& context) {
    if (!grants_.empty()) {
      throw Error(ErrorKind::failure,
                  "the role " + role_ + " may not read " + some(unreadable_) +
                      (missing_columns_.empty() ? "" : " (" + missing_columns_ + ")"),
                  context.where, grants_);
    }
    plan.leaves = std::move(leaves_);
    plan.row_estimate = estimate_;
    const std::string table = plan.table.full_name();
    if (plan.by_place) {
      add_sentence(plan.caveat, table +
                                    " has no primary key: its rows are read in one pass, which "
                                    "begins anew after a restart, and a row that changes meanwhile "
                                    "may be told as it was, or twice");
    } else if (!unidentified_.empty()) {
      add_sentence(plan.caveat,
                   "updates and deletes of " + some(unidentified_) +
                       " do not come with the key's columns (see its REPLICA IDENTITY): a row that "
                       "changes while it is read may be told as it was");
    }
    if (!foreign_.empty()) {
      add_sentence(plan.caveat, "foreign tables are not read: " + some(foreign_));
    }
    if (!unlogged_.empty()) {
      add_sentence(plan.caveat, "the changes of " + some(unlogged_) +
                                    " are not in the WAL: a row that changes while it is read may "
                                    "be told as it was");
    }
    if (!filtered_.empty()) {
      add_sentence(plan.caveat, "row-level security hides rows of " + some(filtered_) +
                                    " from the role " + role_ + " (ALTER ROLE " +
                                    quote_identifier(role_) + " BYPASSRLS)");
    }
  }

 private:
  void take(const PgResult& rows, int i) {
    const TableName name{rows.string(i, 0), rows.string(i, 1)};
    const char kind = rows.text(i, 2).empty() ? '\0' : rows.text(i, 2).front();
    if (kind == 'f') {
      foreign_.push_back(name);
      return;
    }
    if (!rows.boolean(i, 3)) grant("USAGE ON SCHEMA " + quote_identifier(name.schema));
    if (!rows.is_null(i, 4)) {
      grant("SELECT ON " + quote_qualified(name.schema, name.name));
      missing_columns_ = rows.string(i, 4);
    }
    if (!rows.is_null(i, 4) || !rows.boolean(i, 3)) unreadable_.push_back(name);
    if (rows.boolean(i, 5)) filtered_.push_back(name);
    if (kind != 'r') return;
    leaves_.push_back(name);
    if (!rows.boolean(i, 6)) unlogged_.push_back(name);
    if (!rows.boolean(i, 7)) unidentified_.push_back(name);
    estimate_ += rows.integer(i, 8);
  }

  void grant(const std::string& what) {
    const std::string statement = "GRANT " + what + " TO " + quote_identifier(role_) + ";";
    if (grants_.find(statement) != std::string::npos) return;
    grants_.append(grants_.empty() ? "" : " ").append(statement);
  }

  const std::string role_;
  std::vector<TableName> leaves_, foreign_, unreadable_, filtered_, unlogged_, unidentified_;
  std::string missing_columns_;
  std::string grants_;
  int64_t estimate_ = 0;
};

}  // namespace

BackfillPlan read_backfill_plan(PgConnection& connection, Catalog& catalog, const TableName& table,
                                const std::vector<std::string>& columns) {
  BackfillPlan plan;
  plan.table = resolve(connection, table);
  std::optional<Table> layout = catalog.read_table(plan.table);
  if (!layout) {
    throw Error(ErrorKind::failure, plan.table.full_name() + " has no columns, or is gone",
                connection.context().where);
  }
  plan.layout = *std::move(layout);
  plan.layout.id = next_table_id();
  std::vector<std::string> key = read_key(connection, plan.table);
  plan.by_place = key.empty();
  narrow(plan.layout, columns, key, connection.context());
  if (plan.by_place) {
    key.push_back(kPlace);
    add_place(plan.layout);
  }
  std::vector<std::string> names;
  for (const Column& column : plan.layout.columns)
    names.push_back(column.name);
  for (const std::string& name : key)
    plan.key.push_back(plan.layout.find_column(name).value());
  std::string sql = kParts;
  fill_in(sql, "{names}", array_of(names));
  fill_in(sql, "{key}", array_of(key));
  Parts(connection.query(sql, {plan.table.schema, plan.table.name}), connection.role())
      .into(plan, connection.context());
  return plan;
}

}  // namespace waltrack
