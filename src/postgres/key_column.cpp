#include "postgres/key_column.hpp"

#include <algorithm>

namespace waltrack {
namespace {

// The last column: the schema of a type whose names have to be qualified.
constexpr const char* kKeyColumns = R"(
WITH RECURSIVE line AS (
  SELECT a.attname, a.attcollation, a.atttypid AS type
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT l.attname, l.attcollation, t.typbasetype
    FROM line l JOIN pg_type t ON t.oid = l.type AND t.typtype = 'd')
SELECT l.attname, format_type(t.oid, -1),
       quote_ident(cn.nspname) || '.' || quote_ident(co.collname),
       CASE WHEN NOT pg_type_is_visible(t.oid) THEN tn.nspname END
  FROM line l
  JOIN pg_type t ON t.oid = l.type AND t.typtype <> 'd'
  JOIN pg_namespace tn ON tn.oid = t.typnamespace
  LEFT JOIN pg_collation co ON co.oid = l.attcollation
  LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace)";

}  // namespace

KeyColumns read_key_columns(PgConnection& connection, const BackfillPlan& plan,
                            const std::stop_token& stop) {
  KeyColumns key;
  for (const size_t at : plan.key) {
    const Column& column = plan.layout.columns.at(at);
    key.columns.push_back({column.name, "tid", {}, column.type.kind == ValueKind::bytea});
  }
  if (plan.by_place) return key;
  const PgResult rows =
      connection.query_until(stop, kKeyColumns, {plan.table.schema, plan.table.name});
  for (int i = 0; i < rows.rows(); ++i) {
    const auto found = std::ranges::find(key.columns, rows.text(i, 0), &KeyColumn::name);
    if (found == key.columns.end()) continue;
    found->type = rows.string(i, 1);
    found->collation = rows.string(i, 2);
    if (!rows.is_null(i, 3)) key.extra_schema = rows.string(i, 3);
  }
  return key;
}

}  // namespace waltrack
