#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/yaml_reader.hpp"

namespace waltrack {

// The kinds of maps in a mapping file whose keys are fixed.
enum class MappingMap {
  document,
  identify,
  group,
  alias,
  track,
  page,
  screen,
  long_value,
  columns_value,
  test,
  test_update,
};

// What stands behind a key. The JSON Schema is made of these, see mapping_schema.hpp.
enum class KeyShape {
  text,          // a fixed text
  text_list,     // a text, or a list of them
  name,          // a fixed text, or a value in the long form: { $sql: … }
  flag,          // true or false
  value,         // one value: SQL, a number, true, false, null, or the long form
  value_map,     // a map of values
  body,          // a map of values, or SQL that gives an object
  calls,         // a call, or a list of calls, of the map that has the key's name
  ops,           // a kind of change, or a list of them
  sql,           // SQL
  type,          // a word of declared_type_names()
  null_policy,   // omit or send
  hash,          // sha256
  count,         // a number from 1
  literal,       // anything, as it stands
  literal_map,   // a map of literals
  column_names,  // a list of columns, or "*"
  name_case,     // snake, camel or title
  row,           // a map of literals: columns and their values
  test_update,   // a map: old and new
  tests,         // a list of tests
  expectations,  // a list of maps of literals
};

struct MappingKey {
  std::string_view name;
  std::string_view meaning;  // one line, for people
  KeyShape shape = KeyShape::value;
  bool required = false;
};

// The only list of the keys that mapping files know.
std::span<const MappingKey> mapping_keys(MappingMap map);

std::vector<std::string> mapping_key_names(MappingMap map);

// "a track call", for messages.
std::string_view mapping_map_name(MappingMap map);

// Tells every key of `node` (a map) that is not known there.
void check_keys(const YamlNode& node, MappingMap map, Diagnostics& diagnostics);

}  // namespace waltrack
