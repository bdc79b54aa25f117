#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.hpp"

namespace waltrack {

// A strictly read YAML tree: what people write in waltrack.yaml and mappings/. Scalars are text
// only; nothing is guessed from their look. Maps keep their order. Aliases and `<<` are already
// expanded. Owns everything; copyable.
struct YamlNode {
  enum class Kind { null, scalar, map, list };

  YamlNode();  // out of line: clang 14 wants pair<YamlNode, …> complete to make one inline

  Kind kind = Kind::null;
  SourcePlace place;    // of the value
  std::string scalar;   // Kind::scalar only
  bool quoted = false;  // the scalar stood in quotes (or was a block scalar)
  std::vector<std::pair<YamlNode, YamlNode>> entries;  // Kind::map: key (a scalar), value
  std::vector<YamlNode> items;                         // Kind::list

  // The value of `key` in a map, or nullptr.
  const YamlNode* find(std::string_view key) const;
};

// Reads all documents of a file's text; empty ones are left out. Faults go to `diagnostics` in the
// order of the file; what could be read is returned (a fault in the syntax ends the file: the
// document that has it and what follows is not there). Refused, each with its place: duplicate
// keys, tags, a key or an item without a value, keys that are not scalars, quotes left open, alias
// cycles, more than 100,000 values or 16 MB after expansion, deeper nesting than 64, more than 4
// MB, text that is not UTF-8 or has control characters. `null` and `~`, unquoted, are null. Of
// merged (`<<`) keys a map's own win, then those of the first in a list. No value of the file is
// ever quoted in a diagnostic, keys are. At most 100 faults are told. Never throws,
// whatever comes in.
std::vector<YamlNode> read_yaml(std::string_view text, std::string file, Diagnostics& diagnostics);

}  // namespace waltrack
