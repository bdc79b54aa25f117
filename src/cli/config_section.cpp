#include "cli/config_section.hpp"

#include <algorithm>
#include <utility>

#include "base/nearest.hpp"

namespace waltrack {

ConfigSection::ConfigSection(const YamlNode* map, std::string name, SourcePlace place,
                             const Environment& environment, Diagnostics& diagnostics)
    : map_(map),
      name_(std::move(name)),
      place_(std::move(place)),
      environment_(environment),
      diagnostics_(diagnostics) {}

void ConfigSection::allow_only(const std::vector<std::string>& known) const {
  if (map_ == nullptr) return;
  for (const auto& [key, value] : map_->entries) {
    if (std::find(known.begin(), known.end(), key.scalar) != known.end()) continue;
    diagnostics_.error(key.place, "unknown key '" + full(key.scalar) + "'",
                       suggest_name(key.scalar, known));
  }
}

ConfigSection ConfigSection::section(const std::string& key) const {
  const YamlNode* found = map_ != nullptr ? map_->find(key) : nullptr;
  const bool wrong = found != nullptr && found->kind != YamlNode::Kind::map;
  if (wrong && !is_told(key)) {
    diagnostics_.error(found->place, "'" + key + "' takes keys of its own",
                       "put them on the lines below, indented");
  }
  ConfigSection section(wrong ? nullptr : found, key, found != nullptr ? found->place : place_,
                        environment_, diagnostics_);
  section.told_ = wrong;
  return section;
}

bool ConfigSection::has(const std::string& key) const {
  return map_ != nullptr && map_->find(key) != nullptr;
}

std::optional<Setting> ConfigSection::get(const std::string& key) const {
  const YamlNode* found = map_ != nullptr ? map_->find(key) : nullptr;
  if (found == nullptr) return std::nullopt;
  if (found->kind != YamlNode::Kind::scalar) {
    if (is_told(key)) return std::nullopt;
    diagnostics_.error(found->place, full(key) + " takes one value",
                       "leave the key out for its default");
    return std::nullopt;
  }
  ExpandedText expanded = expand_variables(found->scalar, environment_);
  if (!expanded.fault.empty()) {
    diagnostics_.error(found->place, full(key) + ": " + expanded.fault, expanded.hint);
    return std::nullopt;
  }
  if (expanded.text.empty()) {
    diagnostics_.error(found->place, full(key) + " is empty");
    return std::nullopt;
  }
  return Setting{std::move(expanded.text), found->place};
}

void ConfigSection::missing(const std::string& key, const std::string& hint) const {
  if (!told_) diagnostics_.error(place_, full(key) + " is missing", hint);
}

std::string ConfigSection::full(const std::string& key) const {
  return name_.empty() ? key : name_ + "." + key;
}

// Whether reading the YAML found a fault at the key itself: that it has no value.
bool ConfigSection::is_told(const std::string& key) const {
  for (const auto& [name, value] : map_->entries) {
    if (name.scalar != key) continue;
    for (const Diagnostic& told : diagnostics_.all()) {
      if (told.place.line == name.place.line && told.place.column == name.place.column) return true;
    }
  }
  return false;
}

}  // namespace waltrack
