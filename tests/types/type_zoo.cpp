#include "types/type_zoo.hpp"

#include <algorithm>
#include <set>

#include "postgres/pg_quote.hpp"
#include "support/temp_dir.hpp"
#include "types/type_samples.hpp"

namespace waltrack {
namespace {

// All that can be a column: no pseudo-types and no row types of tables, which are text as every
// composite. Of each the array that belongs to it.
constexpr const char* kTypes = R"(
SELECT t.typname, n.nspname, coalesce(a.typname, ''), t.typtype = 'd'
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_type a ON a.oid = t.typarray
 WHERE t.typtype <> 'p'
   AND NOT EXISTS (SELECT 1 FROM pg_type e WHERE e.typarray = t.oid)
   AND (t.typrelid = 0 OR 'c' = (SELECT relkind FROM pg_class WHERE oid = t.typrelid))
 ORDER BY t.oid >= 16384, t.typname COLLATE "C")";

// In single quotes, as a scalar of YAML.
std::string yaml_text(const std::string& text) {
  return quote_literal(text);
}

std::vector<std::string> array_values(const std::vector<std::string>& elements,
                                      const std::string& array, bool domain) {
  std::string all;
  for (const std::string& element : elements)
    all += domain ? "(" + element + "::text), " : element + ", ";
  // ARRAY[] does not know arrays of domains over arrays.
  all = domain
            ? R"((SELECT '{' || string_agg(coalesce('"' || replace(replace(v, '\', '\\'), '"', '\"')
                     || '"', 'NULL'), ',') || '}' FROM (VALUES )" +
                  all + "(NULL)) s(v))::" + array
            : "ARRAY[" + all + "NULL]::" + array;
  return {all, "'{}'::" + array};
}

std::string insert_sql(const std::vector<TypeZoo::Cage>& cages, size_t row) {
  std::string columns = "id";
  std::string values = std::to_string(row);
  for (const TypeZoo::Cage& cage : cages) {
    if (row >= cage.values.size()) continue;
    columns += ", " + quote_identifier(cage.type);
    values += ", " + cage.values[row];
  }
  return "SET search_path = public, information_schema; INSERT INTO zoo (" + columns +
         ") VALUES (" + values + ")";
}

}  // namespace

TypeZoo::TypeZoo(const PostgresServer& server, std::string database)
    : server_(server), database_(std::move(database)) {
  server_.exec(read_file(WALTRACK_SOURCE_DIR "/tests/types/zoo.sql"), database_);
  find_cages();
}

void TypeZoo::find_cages() {
  std::map<std::string, TypeSamples> samples = read_type_samples(server_.version());
  std::set<std::string> used;
  std::string columns = "id int PRIMARY KEY";
  const auto add = [&](const std::string& type, const std::string& sql,
                       std::vector<std::string> values) {
    used.insert(type);
    columns += ", " + quote_identifier(type) + " " + sql;
    cages_.push_back({type, std::move(values)});
  };
  for (const auto& row : server_.query(kTypes, database_)) {
    const std::string name = row[0].c_str();
    const auto found = samples.find(name);
    if (found == samples.end()) {
      missing_.push_back(name);
      continue;
    }
    add(name, quote_qualified(row[1].c_str(), name), found->second.values);
    if (row[2].size() == 0) continue;
    const std::string array = quote_qualified(row[1].c_str(), row[2].c_str());
    std::vector<std::string> values = array_values(found->second.values, array, row[3].as<bool>());
    const TypeSamples& more = samples[name + "[]"];
    values.insert(values.end(), more.values.begin(), more.values.end());
    add(name + "[]", array, std::move(values));
  }
  for (const auto& [type, known] : samples) {
    const bool nothing = known.values.empty() && known.only_null.empty();
    if (!used.contains(type) || (nothing && !type.ends_with("[]"))) unused_.push_back(type);
  }
  server_.exec("CREATE TABLE zoo (" + columns + ")", database_);
  server_.exec("ALTER TABLE zoo REPLICA IDENTITY FULL", database_);
}

std::string TypeZoo::mapping() const {
  std::string yaml = "table: zoo\nuser_id: id\ntrack:\n";
  for (const Cage& cage : cages_) {
    const std::string column = quote_identifier(cage.type);
    yaml += "  - event: " + yaml_text(cage.type) + "\n    on: [insert, delete]\n    when: id < " +
            std::to_string(std::max<size_t>(1, cage.values.size())) +
            "\n    properties:\n      json: " + yaml_text(cage.type) + "\n      bound: " +
            yaml_text("typeof(" + column + ") || ' ' || quote(" + column + ")") + "\n";
  }
  return yaml;
}

void TypeZoo::fill() const {
  size_t rows = 0;
  for (const Cage& cage : cages_)
    rows = std::max(rows, cage.values.size());
  for (size_t row = 0; row < rows; ++row)
    server_.exec(insert_sql(cages_, row), database_);
}

void TypeZoo::empty() const {
  server_.exec("DELETE FROM zoo", database_);
}

}  // namespace waltrack
