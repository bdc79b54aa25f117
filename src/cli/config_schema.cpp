#include "cli/config_schema.hpp"

#include <nlohmann/json.hpp>

#include "cli/config_keys.hpp"

namespace waltrack {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSizePattern = "[0-9]+ *([KkMmGg]?[Bb])?";

// A text that matches, or that a variable is part of.
Json text_like(const std::string& pattern, const Json& types) {
  return {{"type", types}, {"pattern", "^" + pattern + R"($|\$)"}};
}

Json number_or_text(int least, int most, const std::string& pattern) {
  Json number = {{"type", "integer"}, {"minimum", least}};
  if (most > 0) number["maximum"] = most;
  return {{"anyOf", {number, text_like(pattern, "string")}}};
}

Json words_or_variable(ConfigShape shape) {
  Json words = Json::array();
  for (const std::string_view word : config_words(shape))
    words.push_back(word);
  return {{"anyOf", {{{"enum", words}}, {{"type", "string"}, {"pattern", R"(\$)"}}}}};
}

Json flag_or_variable() {
  Json schema = words_or_variable(ConfigShape::flag);
  schema["anyOf"].push_back({{"type", "boolean"}});
  return schema;
}

Json map_schema(ConfigMap map);

ConfigMap section_map(std::string_view name) {
  if (name == "source") return ConfigMap::source;
  if (name == "backfill") return ConfigMap::backfill;
  if (name == "dead_letters") return ConfigMap::dead_letters;
  return name == "spool" ? ConfigMap::spool : ConfigMap::destination;
}

Json shape_schema(const ConfigKey& key) {
  switch (key.shape) {
    case ConfigShape::section:
      return map_schema(section_map(key.name));
    case ConfigShape::text:
      return {{"type", {"string", "number", "boolean"}}, {"minLength", 1}};
    case ConfigShape::slot: {
      Json schema = text_like("[a-z0-9_]{1,63}", {"string", "integer", "boolean"});
      schema["minimum"] = 0;
      return schema;
    }
    case ConfigShape::publication:
      return text_like("[a-z_][a-z0-9_]{0,62}", {"string", "boolean"});
    case ConfigShape::write_key:
      return text_like("[!-9;-~]+", {"string", "number", "boolean"});
    case ConfigShape::destination_id:
      return text_like("[A-Za-z0-9._-]{1,100}", {"string", "number", "boolean"});
    case ConfigShape::plugin:
    case ConfigShape::region:
      return words_or_variable(key.shape);
    case ConfigShape::lanes:
      return number_or_text(1, 64, "0*([1-9]|[1-5][0-9]|6[0-4])");
    case ConfigShape::readers:
      return number_or_text(1, 16, "0*([1-9]|1[0-6])");
    case ConfigShape::flag:
      return flag_or_variable();
    case ConfigShape::size:
      return number_or_text(1 << 20, 0, kSizePattern);
    case ConfigShape::count:
      return number_or_text(1, 1'000'000'000, "0*([1-9][0-9]{0,8}|1000000000)");
    case ConfigShape::duration:
      return text_like("0*[1-9][0-9]* *(s|min|h)", "string");
    case ConfigShape::address:
      return text_like(R"((\[[^\]]+\]|[^:\[\]]+):[0-9]{1,5})", "string");
    case ConfigShape::chunk_size:
      return number_or_text(4 << 10, 64 << 20, kSizePattern);
  }
  return false;
}

Json both_required(const ConfigChoice& choice) {
  return {{"required", {choice.one, choice.other}}};
}

Json choice_schema(const ConfigChoice& choice) {
  if (!choice.required) return {{"not", both_required(choice)}};
  return {{"oneOf", {{{"required", {choice.one}}}, {{"required", {choice.other}}}}}};
}

Json map_schema(ConfigMap map) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const ConfigKey& key : config_keys(map)) {
    Json& property = properties[std::string(key.name)];
    property["description"] = key.meaning;
    property.update(shape_schema(key));
    if (!key.standard.empty()) property["default"] = key.standard;
    if (key.required) required.push_back(key.name);
  }
  Json schema = {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = required;
  Json choices = Json::array();
  for (const ConfigChoice& choice : config_choices(map))
    choices.push_back(choice_schema(choice));
  if (!choices.empty()) schema["allOf"] = choices;
  return schema;
}

}  // namespace

std::string config_schema() {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "The configuration of waltrack"},
                 {"$comment", "Made by `waltrack schema config`; not to be edited."}};
  schema.update(map_schema(ConfigMap::root));
  return schema.dump(2) + "\n";
}

}  // namespace waltrack
