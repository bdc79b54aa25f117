#include "workshop/sample_rows.hpp"

#include <string_view>

#include "base/error.hpp"
#include "postgres/pg_error.hpp"
#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

constexpr const char* kPrimaryKey = R"(
SELECT a.attname
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place) ON true
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
 WHERE i.indisprimary AND n.nspname = $1 AND c.relname = $2
 ORDER BY k.place)";

std::string select_text(const Table& table, const std::vector<std::string>& key,
                        const std::string& where) {
  std::string sql = "SELECT ";
  for (const Column& column : table.columns) {
    if (&column != &table.columns.front()) sql += ", ";
    sql += quote_identifier(column.name);
  }
  sql += " FROM " + quote_qualified(table.schema, table.name);
  // The line ends, so that a comment in it hides nothing.
  if (!where.empty()) sql += " WHERE (\n" + where + "\n)";
  for (const std::string& column : key) {
    sql += (&column == &key.front() ? " ORDER BY " : ", ") + quote_identifier(column) + " DESC";
  }
  return sql + " LIMIT $1";
}

bool is_fault_of_condition(std::string_view sqlstate) {
  return sqlstate.starts_with("22") ||
         (sqlstate.starts_with("42") && sqlstate != "42501" && sqlstate != "42P01");
}

}  // namespace

SampleRows read_sample_rows(PgConnection& connection, const Table& table, const std::string& where,
                            int limit) {
  connection.query("BEGIN READ ONLY");
  connection.query("SET LOCAL statement_timeout = '10s'");
  SampleRows sample;
  const PgResult key = connection.query(kPrimaryKey, {table.schema, table.name});
  for (int i = 0; i < key.rows(); ++i)
    sample.key.push_back(key.string(i, 0));
  try {
    // With a parameter the server takes one statement only.
    const PgResult rows =
        connection.query(select_text(table, sample.key, where), {std::to_string(limit)});
    for (int i = 0; i < rows.rows(); ++i) {
      ChangeDraft::Row& row = sample.rows.emplace_back(table.columns.size());
      for (size_t c = 0; c < table.columns.size(); ++c) {
        if (rows.is_null(i, static_cast<int>(c))) continue;
        std::string text = rows.string(i, static_cast<int>(c));
        if (table.columns[c].type.kind == ValueKind::bytea) text.erase(0, 2);  // the \x
        row[c] = std::move(text);
      }
    }
  } catch (const PgError& error) {
    if (error.sqlstate() == "57014") {
      throw Error(ErrorKind::failure, "the server took more than 10 s to find rows",
                  table.full_name(), "narrow --where to columns that have an index");
    }
    if (where.empty() || !is_fault_of_condition(error.sqlstate())) throw;
    // What the server says of data that does not fit repeats the data.
    const bool of_data = error.sqlstate().starts_with("22");
    throw Error(ErrorKind::usage,
                of_data ? "a row's value does not fit the condition (SQLSTATE " +
                              std::string(error.sqlstate()) + ")"
                        : std::string(error.what()),
                "--where", "it takes one condition in Postgres' SQL, as behind WHERE");
  }
  connection.query("ROLLBACK");
  return sample;
}

}  // namespace waltrack
