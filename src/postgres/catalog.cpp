#include "postgres/catalog.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "postgres/pg_quote.hpp"

namespace waltrack {
namespace {

// Row types are left out: a database has one for each table, and their values are plain text here.
constexpr const char* kTypes = R"(
SELECT t.oid, t.typtype, t.typname, t.typbasetype,
       CASE WHEN e.typarray = t.oid THEN e.oid ELSE 0 END,
       coalesce(e.typdelim, ','), coalesce(r.rngsubtype, m.rngsubtype, 0), format_type(t.oid, NULL)
  FROM pg_type t
  LEFT JOIN pg_type e ON e.oid = t.typelem
  LEFT JOIN pg_range r ON r.rngtypid = t.oid
  LEFT JOIN pg_range m ON m.rngmultitypid = t.oid)";
constexpr const char* kNoRowTypes =
    " WHERE t.typtype <> 'c' AND (e.typtype IS NULL OR e.typtype <> 'c')";

constexpr const char* kTables = R"(
SELECT n.nspname, c.relname, coalesce(rn.nspname, n.nspname), coalesce(rc.relname, c.relname),
       c.relkind = 'p'
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class rc ON c.relispartition AND rc.oid = pg_partition_root(c.oid)
  LEFT JOIN pg_namespace rn ON rn.oid = rc.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')";

// A replica identity FULL makes every column a part of the key.
constexpr const char* kColumns = R"(
SELECT a.attname, a.atttypid, a.attnotnull, c.relreplident,
       c.relreplident = 'f' OR EXISTS (
         SELECT 1 FROM pg_index i
          WHERE i.indrelid = c.oid
            AND (c.relreplident = 'd' AND i.indisprimary OR
                 c.relreplident = 'i' AND i.indisreplident)
            AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])),
       n.nspname, c.relname, a.attgenerated
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p'))";
constexpr const char* kOneTable = " AND n.nspname = $1 AND c.relname = $2 ORDER BY a.attnum";
constexpr const char* kUserTables =
    " AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT c.relispartition "
    "ORDER BY n.nspname, c.relname, a.attnum";

// Plain inheritance, children of children included; a partition's parent is no table of its own.
constexpr const char* kHeirs = R"(
WITH RECURSIVE line (ancestor, heir) AS (
  SELECT i.inhparent, i.inhrelid FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
   WHERE p.relkind = 'r'
  UNION
  SELECT l.ancestor, i.inhrelid FROM line l JOIN pg_inherits i ON i.inhparent = l.heir)
SELECT an.nspname, a.relname, hn.nspname, h.relname
  FROM line
  JOIN pg_class a ON a.oid = ancestor JOIN pg_namespace an ON an.oid = a.relnamespace
  JOIN pg_class h ON h.oid = heir AND h.relkind = 'r'
  JOIN pg_namespace hn ON hn.oid = h.relnamespace AND hn.nspname !~ '^pg_'
 ORDER BY 1, 2, 3, 4)";

// The built-in types, whose oids never change (pg_type.dat).
ValueKind built_in_kind(uint32_t oid) {
  switch (oid) {
    case 16:
      return ValueKind::boolean;
    case 17:
      return ValueKind::bytea;
    case 20:
      return ValueKind::int8;
    case 21:
      return ValueKind::int2;
    case 23:
      return ValueKind::int4;
    case 26:
      return ValueKind::oid;
    case 114:
    case 3802:
      return ValueKind::json;
    case 700:
      return ValueKind::float4;
    case 701:
      return ValueKind::float8;
    case 1082:
      return ValueKind::date;
    case 1083:
      return ValueKind::time;
    case 1114:
      return ValueKind::timestamp;
    case 1184:
      return ValueKind::timestamptz;
    case 1186:
      return ValueKind::interval;
    case 1266:
      return ValueKind::timetz;
    case 1700:
      return ValueKind::numeric;
    default:
      return ValueKind::text;
  }
}

ReplicaIdentity replica_identity(std::string_view letter) {
  if (letter == "f") return ReplicaIdentity::full;
  if (letter == "i") return ReplicaIdentity::index;
  if (letter == "n") return ReplicaIdentity::nothing;
  return ReplicaIdentity::key;
}

Generated generated(std::string_view letter) {
  if (letter == "s") return Generated::stored;
  return letter == "v" ? Generated::when_asked : Generated::no;
}

char letter(std::string_view text) {
  return text.empty() ? '\0' : text[0];
}

uint32_t oid(const PgResult& rows, int row, int column) {
  return static_cast<uint32_t>(rows.integer(row, column));
}

}  // namespace

Catalog::Catalog(std::string url) : url_(std::move(url)) {}

void Catalog::load() {
  PgConnection connection = PgConnection::open(url_, PgMode::plain);
  const PgResult types = connection.query(std::string(kTypes) + kNoRowTypes);
  const PgResult tables = connection.query(kTables);
  type_rows_.clear();
  types_.clear();
  places_.clear();
  tables_.clear();
  keep_types(types);
  keep_tables(tables);
  for (const auto& [key, place] : places_) {
    if (place.self == place.root) tables_.push_back(place.self);
  }
  std::sort(tables_.begin(), tables_.end(), [](const TableName& a, const TableName& b) {
    return std::tie(a.schema, a.name) < std::tie(b.schema, b.name);
  });
}

void Catalog::keep_types(const PgResult& rows) {
  for (int i = 0; i < rows.rows(); ++i) {
    type_rows_[oid(rows, i, 0)] =
        TypeRow{letter(rows.text(i, 1)), rows.string(i, 2), oid(rows, i, 3),  oid(rows, i, 4),
                letter(rows.text(i, 5)), oid(rows, i, 6),   rows.string(i, 7)};
  }
}

void Catalog::keep_tables(const PgResult& rows) {
  for (int i = 0; i < rows.rows(); ++i) {
    places_[quote_qualified(rows.text(i, 0), rows.text(i, 1))] =
        Place{{rows.string(i, 0), rows.string(i, 1)},
              {rows.string(i, 2), rows.string(i, 3)},
              rows.boolean(i, 4)};
  }
}

std::optional<Table> Catalog::read_table(const TableName& name) {
  PgConnection connection = PgConnection::open(url_, PgMode::plain);
  std::vector<Table> tables =
      tables_of(connection.query(std::string(kColumns) + kOneTable, {name.schema, name.name}));
  if (tables.empty()) return std::nullopt;
  return std::move(tables.front());
}

std::vector<Table> Catalog::read_tables() {
  PgConnection connection = PgConnection::open(url_, PgMode::plain);
  std::vector<Table> tables = tables_of(connection.query(std::string(kColumns) + kUserTables));
  add_heirs(connection.query(kHeirs), tables);
  return tables;
}

void Catalog::add_heirs(const PgResult& rows, std::vector<Table>& tables) {
  for (int i = 0; i < rows.rows(); ++i) {
    const auto ancestor = std::ranges::find_if(tables, [&](const Table& table) {
      return table.schema == rows.text(i, 0) && table.name == rows.text(i, 1);
    });
    if (ancestor != tables.end()) {
      ancestor->heirs.push_back({rows.string(i, 2), rows.string(i, 3)});
    }
  }
}

// A row is a column; those of a table stand together.
std::vector<Table> Catalog::tables_of(const PgResult& rows) {
  std::vector<Table> tables;
  for (int i = 0; i < rows.rows(); ++i) {
    if (tables.empty() || tables.back().schema != rows.text(i, 5) ||
        tables.back().name != rows.text(i, 6)) {
      Table& table = tables.emplace_back();
      table.schema = rows.string(i, 5);
      table.name = rows.string(i, 6);
      table.replica_identity = replica_identity(rows.text(i, 3));
    }
    tables.back().columns.push_back({rows.string(i, 0), type(oid(rows, i, 1)), !rows.boolean(i, 2),
                                     rows.boolean(i, 4), generated(rows.text(i, 7))});
  }
  return tables;
}

std::vector<TablePattern> Catalog::patterns_for(const Followed& wanted) const {
  std::vector<TablePattern> patterns;
  const auto add = [&](TablePattern pattern) {
    if (std::find(patterns.begin(), patterns.end(), pattern) == patterns.end()) {
      patterns.push_back(std::move(pattern));
    }
  };
  for (const TableName& table : wanted.tables) {
    const auto found = places_.find(quote_qualified(table.schema, table.name));
    if (found == places_.end() || !found->second.partitioned) {
      add({table.schema, table.name});
      continue;
    }
    for (const auto& [key, place] : places_) {
      if (place.root == table) add({place.self.schema, {}});
    }
  }
  // Wildcards of wal2json's are whole parts: it sends more than a glob means, and the mapper leaves
  // the rest alone.
  for (const TableGlob& glob : wanted.globs) {
    add({glob.schema.glob ? "" : glob.schema.text, glob.name.glob ? "" : glob.name.text});
  }
  return patterns;
}

const Catalog::TypeRow* Catalog::type_row(uint32_t oid) {
  auto found = type_rows_.find(oid);
  if (found == type_rows_.end()) {
    PgConnection connection = PgConnection::open(url_, PgMode::plain);
    keep_types(connection.query(std::string(kTypes) + " WHERE t.oid = $1", {std::to_string(oid)}));
    found = type_rows_.find(oid);
  }
  return found == type_rows_.end() ? nullptr : &found->second;
}

ColumnType Catalog::type(uint32_t oid) {
  const auto found = types_.find(oid);
  if (found != types_.end()) return found->second;
  return types_[oid] = resolve(oid);
}

ColumnType Catalog::resolve(uint32_t oid) {
  ColumnType type;
  type.oid = oid;
  const TypeRow* found = type_row(oid);
  if (found == nullptr) return type;
  type.name = found->shown;
  for (int depth = 0; found->category == 'd' && depth < 64; ++depth) {
    const uint32_t base = found->base;
    type.kind = built_in_kind(base);
    found = type_row(base);
    if (found == nullptr) return type;
    if (found->category != 'd') oid = base;
  }
  const TypeRow row = *found;  // asking for another one moves them
  if (row.element != 0) {
    type.kind = ValueKind::array;
    type.delimiter = row.delimiter;
    set_parts(type, row.element);
  } else if (row.category == 'r' || row.category == 'm') {
    type.kind = row.category == 'r' ? ValueKind::range : ValueKind::multirange;
    set_parts(type, row.bound);
  } else if (row.category == 'b' && row.name == "hstore") {
    type.kind = ValueKind::hstore;
  } else {
    type.kind = built_in_kind(oid);
  }
  return type;
}

void Catalog::set_parts(ColumnType& type, uint32_t element) {
  const ColumnType part = this->type(element);
  type.element = part.kind;
  if (!has_elements(part.kind)) return;
  type.inner = has_elements(part.element) ? ValueKind::text : part.element;
  type.inner_delimiter = part.delimiter;
}

TableName Catalog::root_of(std::string_view schema, std::string_view name) {
  const std::string key = quote_qualified(schema, name);
  if (const auto found = places_.find(key); found != places_.end()) return found->second.root;
  const TableName self{std::string(schema), std::string(name)};
  PgConnection connection = PgConnection::open(url_, PgMode::plain);
  keep_tables(connection.query(std::string(kTables) + " AND n.nspname = $1 AND c.relname = $2",
                               {self.schema, self.name}));
  return places_.try_emplace(key, Place{self, self, false}).first->second.root;
}

TableName Catalog::present_root_of(std::string_view schema, std::string_view name) {
  places_.erase(quote_qualified(schema, name));
  return root_of(schema, name);
}

std::vector<Column> Catalog::columns_of(std::string_view schema, std::string_view name) {
  std::optional<Table> table = read_table({std::string(schema), std::string(name)});
  return table ? std::move(table->columns) : std::vector<Column>{};
}

}  // namespace waltrack
