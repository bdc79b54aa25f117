#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/yaml_reader.hpp"
#include "mapping/sql_text.hpp"

namespace waltrack {

// What `$type` asks a value to be: `none`, then in the order of its key_words().
enum class DeclaredType { none, string, number, integer, boolean, json, datetime };

// `$case`: how the names of `$columns` are written; after `as_is` in the order of its key_words().
enum class NameCase { as_is, snake, camel, title };

// `$columns`: many columns at once, each a field of an object.
struct ColumnsSpec {
  struct Name {
    std::string column;
    SourcePlace place;
  };

  SourcePlace place;
  bool all = false;         // "*": every column of the table but `except`
  std::vector<Name> names;  // else these
  std::vector<Name> except;
  NameCase name_case = NameCase::as_is;
  bool omit_null = false;
};

// `$map`: literals for a value's text.
struct LiteralMap {
  std::vector<std::pair<std::string, std::string>> entries;  // text → JSON
  std::optional<std::string> otherwise;                      // JSON; none: what is not named stays
};

// A value as a mapping file describes it: a literal, SQL, or a map or list of values.
struct ValueSpec {
  enum class Kind { literal, sql, object, list };
  struct Field;

  Kind kind = Kind::literal;
  SourcePlace place;
  std::string json = "null";               // literal
  std::string text;                        // of a literal that is one scalar
  SqlText sql;                             // sql
  DeclaredType type = DeclaredType::none;  // sql; the next four work on what it makes, in order
  std::optional<LiteralMap> map;           // sql
  size_t truncate = 0;                     // sql: at most so many characters; 0 = all
  bool hash = false;                       // sql: the SHA-256 of the normalised text
  bool omit_null = false;                  // sql: a null is left out
  std::vector<Field> fields;               // object
  std::optional<ColumnsSpec> columns;      // object: before `fields`, which win
  std::vector<ValueSpec> items;            // list

  bool is_modified() const {
    return type != DeclaredType::none || map || truncate > 0 || hash || omit_null;
  }
  bool is_literal() const { return kind == Kind::literal; }
  bool is_null() const { return is_literal() && json == "null"; }
};

struct ValueSpec::Field {
  std::string name;  // `$$key` as "$key"
  ValueSpec value;
};

// Reads a value. Scalars that are JSON numbers, true, false or null are literals, quoted or not;
// all others are SQL. Faults go to `diagnostics`; what stands in for a faulty value is a null
// literal.
ValueSpec read_value(const YamlNode& node, const ScalarPlaces& places, Diagnostics& diagnostics);

// The same for the places that take a single value: SQL (in the long form, too) or a scalar
// literal. `key` names it in messages. A fault gives nothing.
std::optional<ValueSpec> read_single_value(const YamlNode& node, std::string_view key,
                                           const ScalarPlaces& places, Diagnostics& diagnostics);

}  // namespace waltrack
