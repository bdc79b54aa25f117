#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/yaml_reader.hpp"
#include "cli/variables.hpp"

namespace waltrack {

// A value as it stands in the file, its variables put in.
struct Setting {
  std::string text;
  SourcePlace place;
};

// One map of waltrack.yaml, the file itself or a section of it. What is wrong goes to the
// diagnostics, once. All that it is given must outlive it.
class ConfigSection {
 public:
  // `map`: null where the file has none. `name` stands before its keys in messages, empty for the
  // file itself; `place` is where a key that is missing is told.
  ConfigSection(const YamlNode* map, std::string name, SourcePlace place,
                const Environment& environment, Diagnostics& diagnostics);

  // Tells of all keys but these.
  void allow_only(const std::vector<std::string>& known) const;

  // An empty one where there is none.
  ConfigSection section(const std::string& key) const;

  bool has(const std::string& key) const;

  // The value of `key`, or nothing when it is not there or is wrong, which is told.
  std::optional<Setting> get(const std::string& key) const;

  void missing(const std::string& key, const std::string& hint) const;

 private:
  std::string full(const std::string& key) const;
  bool is_told(const std::string& key) const;

  const YamlNode* map_;
  std::string name_;
  SourcePlace place_;
  bool told_ = false;  // that it is not there at all
  const Environment& environment_;
  Diagnostics& diagnostics_;
};

}  // namespace waltrack
