#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/yaml_reader.hpp"
#include "mapping/sql_text.hpp"

namespace waltrack {

// What `$type` asks a value to be.
enum class DeclaredType { none, string, number, integer, boolean, json, datetime };

// A value as a mapping file describes it: a literal, SQL, or a map or list of values.
struct ValueSpec {
  enum class Kind { literal, sql, object, list };
  struct Field;

  Kind kind = Kind::literal;
  SourcePlace place;
  std::string json = "null";               // literal
  std::string text;                        // of a literal that is one scalar
  SqlText sql;                             // sql
  DeclaredType type = DeclaredType::none;  // sql
  std::vector<Field> fields;               // object
  std::vector<ValueSpec> items;            // list

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
