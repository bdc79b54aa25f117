#include "mapping/columns_lock.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "base/json_text.hpp"

namespace waltrack {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr std::string_view kNeeds = "waltrack 0.2";  // the first that reads this version
constexpr size_t kMostBytes = size_t{64} << 20;
constexpr const char* kRemake = "`waltrack check` writes it anew from the database";

template <typename Value>
struct Named {
  std::string_view name;
  Value value;
};

constexpr std::array kKinds = {
    Named<ValueKind>{"boolean", ValueKind::boolean},
    Named<ValueKind>{"int2", ValueKind::int2},
    Named<ValueKind>{"int4", ValueKind::int4},
    Named<ValueKind>{"int8", ValueKind::int8},
    Named<ValueKind>{"oid", ValueKind::oid},
    Named<ValueKind>{"float4", ValueKind::float4},
    Named<ValueKind>{"float8", ValueKind::float8},
    Named<ValueKind>{"numeric", ValueKind::numeric},
    Named<ValueKind>{"text", ValueKind::text},
    Named<ValueKind>{"bytea", ValueKind::bytea},
    Named<ValueKind>{"date", ValueKind::date},
    Named<ValueKind>{"time", ValueKind::time},
    Named<ValueKind>{"timetz", ValueKind::timetz},
    Named<ValueKind>{"timestamp", ValueKind::timestamp},
    Named<ValueKind>{"timestamptz", ValueKind::timestamptz},
    Named<ValueKind>{"interval", ValueKind::interval},
    Named<ValueKind>{"json", ValueKind::json},
    Named<ValueKind>{"array", ValueKind::array},
    Named<ValueKind>{"range", ValueKind::range},
    Named<ValueKind>{"multirange", ValueKind::multirange},
    Named<ValueKind>{"hstore", ValueKind::hstore},
};
constexpr std::array kIdentities = {
    Named<ReplicaIdentity>{"key", ReplicaIdentity::key},
    Named<ReplicaIdentity>{"index", ReplicaIdentity::index},
    Named<ReplicaIdentity>{"full", ReplicaIdentity::full},
    Named<ReplicaIdentity>{"nothing", ReplicaIdentity::nothing},
};

template <typename Names, typename Value>
std::string_view name_of(const Names& names, Value value) {
  const auto found =
      std::ranges::find_if(names, [&](const auto& one) { return one.value == value; });
  return found == names.end() ? std::string_view() : found->name;
}

template <typename Names>
auto value_of(const Names& names, std::string_view name) {
  const auto found = std::ranges::find_if(names, [&](const auto& one) { return one.name == name; });
  return found == names.end() ? std::nullopt : std::optional(found->value);
}

void write_text(std::string& out, std::string_view key, std::string_view value) {
  out.append("\"").append(key).append("\": ");
  append_json_string(out, value);
}

bool has_inner(const ColumnType& type) {
  return has_elements(type.kind) && has_elements(type.element);
}

void write_delimiter(std::string& out, std::string_view key, char delimiter) {
  if (delimiter == ',') return;
  out.append(", ");
  write_text(out, key, std::string_view(&delimiter, 1));
}

void write_column(std::string& out, const Column& column) {
  out.append("        {");
  write_text(out, "name", column.name);
  out.append(", ");
  write_text(out, "type", column.type.name);
  out.append(", ");
  write_text(out, "kind", name_of(kKinds, column.type.kind));
  if (has_elements(column.type.kind)) {
    out.append(", ");
    write_text(out, "element", name_of(kKinds, column.type.element));
  }
  if (has_inner(column.type)) {
    out.append(", ");
    write_text(out, "inner", name_of(kKinds, column.type.inner));
  }
  write_delimiter(out, "delimiter", column.type.delimiter);
  write_delimiter(out, "inner_delimiter", column.type.inner_delimiter);
  out.append(column.nullable ? ", \"nullable\": true" : ", \"nullable\": false");
  if (column.key) out.append(", \"key\": true");
  out.push_back('}');
}

void write_table(std::string& out, const Table& table) {
  out.append("    {\n      ");
  write_text(out, "schema", table.schema);
  out.append(", ");
  write_text(out, "name", table.name);
  out.append(", ");
  write_text(out, "replica_identity", name_of(kIdentities, table.replica_identity));
  out.append(",\n      \"columns\": [");
  std::vector<const Column*> columns;
  for (const Column& column : table.columns)
    columns.push_back(&column);
  std::ranges::sort(columns, {}, [](const Column* column) { return column->name; });
  for (const Column* column : columns) {
    out.append(column == columns.front() ? "\n" : ",\n");
    write_column(out, *column);
  }
  out.append(columns.empty() ? "]\n    }" : "\n      ]\n    }");
}

// Thrown and caught in this file: the place in the tree where it is not what it has to be.
struct WrongShape {
  std::string what;
};

const json& member(const json& object, const char* key, std::string_view where) {
  if (!object.is_object() || !object.contains(key))
    throw WrongShape{std::string(where) + " has no \"" + key + "\""};
  return object[key];
}

std::string text(const json& object, const char* key, const std::string& where) {
  const json& value = member(object, key, where);
  if (!value.is_string())
    throw WrongShape{"\"" + std::string(key) + "\" of " + where + " is no text"};
  return value.get<std::string>();
}

bool flag(const json& object, const char* key, const std::string& where) {
  const json& value = object[key];
  if (!value.is_boolean())
    throw WrongShape{"\"" + std::string(key) + "\" of " + where + " is not true or false"};
  return value.get<bool>();
}

ValueKind kind(const json& object, const char* key, const std::string& where) {
  const auto found = value_of(kKinds, text(object, key, where));
  if (!found) throw WrongShape{"\"" + std::string(key) + "\" of " + where + " is no kind of value"};
  return *found;
}

// A comma where nothing is said.
char delimiter(const json& object, const char* key, const std::string& where) {
  if (!object.contains(key)) return ',';
  const std::string delimiter = text(object, key, where);
  if (delimiter.size() != 1)
    throw WrongShape{"\"" + std::string(key) + "\" of " + where + " is not one character"};
  return delimiter[0];
}

Column read_column(const json& object, const std::string& table) {
  Column column;
  column.name = text(object, "name", "a column of " + table);
  const std::string where = "column " + column.name + " of " + table;
  column.type.name = text(object, "type", where);
  column.type.kind = kind(object, "kind", where);
  if (has_elements(column.type.kind)) column.type.element = kind(object, "element", where);
  if (has_inner(column.type)) column.type.inner = kind(object, "inner", where);
  if (has_elements(column.type.inner))
    throw WrongShape{"\"inner\" of " + where + " has parts itself"};
  column.type.delimiter = delimiter(object, "delimiter", where);
  column.type.inner_delimiter = delimiter(object, "inner_delimiter", where);
  member(object, "nullable", where);
  column.nullable = flag(object, "nullable", where);
  if (object.contains("key")) column.key = flag(object, "key", where);
  return column;
}

Table read_table(const json& object) {
  Table table;
  table.schema = text(object, "schema", "a table");
  table.name = text(object, "name", "a table");
  const std::string where = table.full_name();
  if (table.schema.empty()) throw WrongShape{"\"schema\" of " + where + " is empty"};
  const auto identity = value_of(kIdentities, text(object, "replica_identity", where));
  if (!identity) throw WrongShape{"\"replica_identity\" of " + where + " is none that there is"};
  table.replica_identity = *identity;
  const json& columns = member(object, "columns", where);
  if (!columns.is_array()) throw WrongShape{"\"columns\" of " + where + " is no list"};
  std::set<std::string> names;
  for (const json& column : columns) {
    table.columns.push_back(read_column(column, where));
    if (!names.insert(table.columns.back().name).second)
      throw WrongShape{where + " has the column " + table.columns.back().name + " twice"};
  }
  return table;
}

// What a file of another version says of who reads it, if that is a name and a version.
std::string needs(const json& root) {
  if (!root.contains("needs") || !root["needs"].is_string()) return "a newer waltrack";
  const std::string said = root["needs"].get<std::string>();
  const bool plain = said.size() <= 40 && said.starts_with("waltrack ") &&
                     said.find_first_not_of("0123456789.", 9) == std::string::npos;
  return plain ? said + " or newer" : "a newer waltrack";
}

std::vector<Table> read_tables(const json& root) {
  const json& list = member(root, "tables", "the file");
  if (!list.is_array()) throw WrongShape{"\"tables\" is no list"};
  std::vector<Table> tables;
  std::set<std::pair<std::string, std::string>> names;
  for (const json& one : list) {
    tables.push_back(read_table(one));
    if (!names.emplace(tables.back().schema, tables.back().name).second)
      throw WrongShape{"the table " + tables.back().full_name() + " is there twice"};
  }
  return tables;
}

// Counted in characters, as everywhere.
SourcePlace place_of(std::string_view text, size_t byte, const std::string& path) {
  SourcePlace place{path, 1, 1};
  for (const char c : text.substr(0, std::min(byte, text.size()))) {
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
      ++place.column;
    }
  }
  return place;
}

}  // namespace

std::string write_columns_lock(std::span<const Table> tables) {
  std::vector<const Table*> sorted;
  for (const Table& table : tables)
    sorted.push_back(&table);
  const auto name = [](const Table* table) { return std::tie(table->schema, table->name); };
  std::ranges::stable_sort(sorted, {}, name);
  sorted.erase(std::unique(sorted.begin(), sorted.end(),
                           [&](const Table* a, const Table* b) { return name(a) == name(b); }),
               sorted.end());

  std::string out = "{\n  \"version\": " + std::to_string(kVersion) + ",\n  ";
  write_text(out, "needs", kNeeds);
  out.append(",\n  \"tables\": [");
  for (const Table* table : sorted) {
    out.append(table == sorted.front() ? "\n" : ",\n");
    write_table(out, *table);
  }
  out.append(sorted.empty() ? "]\n}\n" : "\n  ]\n}\n");
  return out;
}

std::vector<Table> read_columns_lock(std::string_view text, const std::string& path,
                                     Diagnostics& diagnostics) {
  const SourcePlace whole{path, 0, 0};
  if (text.size() > kMostBytes) {
    diagnostics.error(whole, "larger than 64 MB", kRemake);
    return {};
  }
  try {
    const json root = json::parse(text);
    const json& version = member(root, "version", "the file");
    if (version != kVersion) {
      diagnostics.error(
          whole, "of a version that this waltrack does not know; it needs " + needs(root),
          "use " + needs(root) + ", or let this one's `waltrack check` write it anew");
      return {};
    }
    return read_tables(root);
  } catch (const json::parse_error& error) {
    diagnostics.error(place_of(text, error.byte == 0 ? 0 : error.byte - 1, path), "not valid JSON",
                      std::string("a merge may have left its marks in it; ") + kRemake);
  } catch (const WrongShape& wrong) {
    diagnostics.error(whole, wrong.what, kRemake);
  } catch (const json::exception&) {
    diagnostics.error(whole, "not as waltrack writes it", kRemake);
  }
  return {};
}

}  // namespace waltrack
