#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/yaml_reader.hpp"

namespace waltrack {

// The kinds of maps in a mapping file whose keys are fixed.
enum class MappingMap { document, identify, track, long_value };

struct MappingKey {
  std::string_view name;
  std::string_view meaning;  // one line, for people
};

// The only list of the keys that mapping files know.
std::span<const MappingKey> mapping_keys(MappingMap map);

std::vector<std::string> mapping_key_names(MappingMap map);

// Tells every key of `node` (a map) that is not known there. `where` names the map: "a track call".
void check_keys(const YamlNode& node, MappingMap map, std::string_view where,
                Diagnostics& diagnostics);

}  // namespace waltrack
