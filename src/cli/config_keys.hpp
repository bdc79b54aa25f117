#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waltrack {

// The maps of waltrack.yaml.
enum class ConfigMap { root, source, destination, backfill, dead_letters, spool };

// What stands behind a key; everywhere ${NAME} may stand for it.
enum class ConfigShape {
  section,         // a map of the key's name
  text,            // any text
  slot,            // a name that Postgres takes for a slot
  publication,     // a name that needs no quotes in SQL
  plugin,          // one of config_words()
  write_key,       // printable ASCII without blanks and ':'
  region,          // one of config_words()
  destination_id,  // part of every message id
  lanes,           // a number from 1 to 64
  readers,         // a number from 1 to 16
  size,            // bytes: 64MB
  chunk_size,      // bytes, from 4KB to 64MB
  flag,            // true or false
  count,           // a number from 1 to 1,000,000,000
  duration,        // "30s", "5min": from a second to a day
  address,         // where to listen: HOST:PORT
};

struct ConfigKey {
  std::string_view name;
  std::string_view meaning;  // one line, for people
  ConfigShape shape = ConfigShape::text;
  bool required = false;
  std::string_view standard = {};  // what holds without the key, if that is a value
};

// The only list of the keys that waltrack.yaml knows.
std::span<const ConfigKey> config_keys(ConfigMap map);

std::vector<std::string> config_key_names(ConfigMap map);

// Keys of one map that exclude each other.
struct ConfigChoice {
  std::string_view one;
  std::string_view other;
  bool required = false;  // one of the two must be there
};

std::span<const ConfigChoice> config_choices(ConfigMap map);

// The words that a key of this shape takes; empty where it takes others, too.
std::span<const std::string_view> config_words(ConfigShape shape);

}  // namespace waltrack
