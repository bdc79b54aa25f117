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
  tables,        // a table's name or pattern, or a list of them that is not empty
  name,          // a fixed text, or a value in the long form: { $sql: … }
  flag,          // true or false
  only_true,     // true
  value,         // one value: SQL, a number, true, false, null, or the long form
  condition,     // SQL, true or false
  value_map,     // a map of values
  context,       // a map of values without `library`
  body,          // a map of values, or SQL that gives an object
  calls,         // a call, or a list of calls, of the map that has the key's name
  ops,           // a kind of change, or a list of them
  backfill,      // initial or never
  sql,           // SQL
  type,          // string, number, …
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

// What the keys of one map ask of each other.
struct KeyRelation {
  enum class Kind {
    exactly_one,  // of `keys` one must be there, and no other
    at_least_one,
    alone,  // where keys[0] is, no other key is
    only,   // where keys[0] is, keys[1] can only be `word`, if it is there
    // Where keys[0] is, there is no `backfill`, no call has `on` and every test has keys[0]; else
    // no test has it.
    of_messages,
  };

  Kind kind;
  std::span<const std::string_view> keys;
  std::string_view word = {};
};

std::span<const KeyRelation> key_relations(MappingMap map);

// The words that a key of this shape takes, in the order of the enumeration that they stand for;
// empty where it is not one of a few words.
std::span<const std::string_view> key_words(KeyShape shape);

// key_words() for suggest_name().
std::vector<std::string> key_word_names(KeyShape shape);

std::vector<std::string> mapping_key_names(MappingMap map);

// "a track call", for messages.
std::string_view mapping_map_name(MappingMap map);

// Tells every key of `node` (a map) that is not known there.
void check_keys(const YamlNode& node, MappingMap map, Diagnostics& diagnostics);

}  // namespace waltrack
