#include "workshop/plan_file.hpp"

#include <algorithm>
#include <array>

#include "base/yaml_source.hpp"

namespace waltrack {
namespace {

using nlohmann::json;

constexpr int kMostLevels = 64;
constexpr size_t kMostNameBytes = 1000;
constexpr const char* kRemake = "`waltrack plan` writes one that is right";

// Thrown and caught in this file.
struct WrongShape {
  std::string what;
};

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw WrongShape{where + " " + what};
}

json parse(std::string_view text) {
  return json::parse(text, [](int depth, json::parse_event_t, const json&) {
    if (depth > kMostLevels) throw WrongShape{"it is nested deeper than 64 levels"};
    return true;
  });
}

// Names are told to people, in a terminal.
void check_name(const std::string& name, const std::string& where) {
  const auto odd = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; };
  if (name.size() > kMostNameBytes) refuse(where, "has a name of more than 1000 bytes");
  if (std::ranges::any_of(name, odd)) refuse(where, "has a name with control characters");
}

void check_schema(const json& schema, const std::string& where);

void check_type(const json& type, const std::string& where) {
  static constexpr std::array kTypes = {"string", "number", "integer", "boolean",
                                        "object", "array",  "null"};
  const auto known = [](const json& name) {
    return name.is_string() && std::ranges::any_of(kTypes, [&](const char* one) {
             return name.get_ref<const std::string&>() == one;
           });
  };
  const bool fine = type.is_array() ? std::all_of(type.begin(), type.end(), known) : known(type);
  if (!fine) refuse(where + ".type", "is no type of JSON, or list of them");
}

void check_object(const json& schema, const std::string& where) {
  if (schema.contains("properties")) {
    const json& properties = schema["properties"];
    if (!properties.is_object()) refuse(where + ".properties", "is no map");
    for (const auto& [name, property] : properties.items()) {
      check_name(name, where + ".properties");
      check_schema(property, where + ".properties." + name);
    }
  }
  if (schema.contains("required")) {
    const json& required = schema["required"];
    if (!required.is_array()) refuse(where + ".required", "is no list of names");
    for (const json& name : required) {
      if (!name.is_string()) refuse(where + ".required", "is no list of names");
      check_name(name.get_ref<const std::string&>(), where + ".required");
    }
  }
}

// Of all that a schema may say, what plan_check.cpp looks at.
void check_schema(const json& schema, const std::string& where) {
  if (schema.is_boolean()) return;
  if (!schema.is_object()) refuse(where, "is no JSON Schema");
  if (schema.contains("type")) check_type(schema["type"], where);
  if (schema.contains("enum") && !schema["enum"].is_array()) refuse(where + ".enum", "is no list");
  check_object(schema, where);
  // A list of schemas, one for each place, is beyond us.
  if (schema.contains("items") && !schema["items"].is_array()) {
    check_schema(schema["items"], where + ".items");
  }
}

// What the schema of a whole call says of its properties or traits.
json body_schema(const json& rule, const std::string& type, const std::string& where) {
  if (!rule.contains("jsonSchema")) return true;
  const json& whole = rule["jsonSchema"];
  check_schema(whole, where + ".jsonSchema");
  if (!whole.is_object() || !whole.contains("properties")) return true;
  const json& parts = whole["properties"];
  const char* key = plan_body_key(type);
  return parts.contains(key) ? parts[key] : json(true);
}

PlannedRule read_rule(const json& rule, const std::string& where) {
  static constexpr std::array kTypes = {"TRACK", "IDENTIFY", "GROUP", "PAGE", "SCREEN", "COMMON"};
  if (!rule.is_object()) refuse(where, "is no map");
  PlannedRule read;
  if (!rule.contains("type") || !rule["type"].is_string()) refuse(where, "has no \"type\"");
  read.subject.type = rule["type"].get<std::string>();
  if (std::ranges::find(kTypes, read.subject.type) == kTypes.end())
    refuse(where + ".type", "is none of TRACK, IDENTIFY, GROUP, PAGE, SCREEN and COMMON");
  if (rule.contains("key") && !rule["key"].is_null()) {
    if (!rule["key"].is_string()) refuse(where + ".key", "is no text");
    read.subject.key = rule["key"].get<std::string>();
    check_name(read.subject.key, where + ".key");
  }
  // Users and groups are described once, whatever the rule is called.
  if (read.subject.type == "IDENTIFY" || read.subject.type == "GROUP") read.subject.key.clear();
  if (read.subject.type == "TRACK" && read.subject.key.empty())
    refuse(where, "is of an event and has no \"key\", the event's name");
  if (rule.contains("version")) {
    if (!rule["version"].is_number_integer()) refuse(where + ".version", "is no whole number");
    read.version = rule["version"].get<int64_t>();
  }
  read.body = body_schema(rule, read.subject.type, where);
  return read;
}

const json& rules_of(const json& root) {
  const json* holder = &root;
  if (holder->is_object() && holder->contains("data")) holder = &(*holder)["data"];
  if (holder->is_object() && holder->contains("rules")) holder = &(*holder)["rules"];
  if (!holder->is_array()) throw WrongShape{"it has no list of \"rules\""};
  return *holder;
}

std::vector<PlannedRule> read_rules(const json& root) {
  std::vector<PlannedRule> rules;
  size_t index = 0;
  for (const json& one : rules_of(root)) {
    PlannedRule rule = read_rule(one, "rules[" + std::to_string(index++) + "]");
    if (rule.subject.type != "COMMON") rules.push_back(std::move(rule));
  }
  std::ranges::stable_sort(rules, [](const PlannedRule& a, const PlannedRule& b) {
    return a.subject != b.subject ? a.subject < b.subject : a.version > b.version;
  });
  const auto older = std::ranges::unique(rules, {}, &PlannedRule::subject);
  rules.erase(older.begin(), older.end());
  return rules;
}

}  // namespace

std::vector<PlannedRule> read_plan(std::string_view text, const std::string& path,
                                   Diagnostics& diagnostics) {
  const SourcePlace whole{path, 0, 0};
  if (text.size() > kMostPlanBytes) {
    diagnostics.error(whole, "the tracking plan is larger than 16 MB", kRemake);
    return {};
  }
  try {
    return read_rules(parse(text));
  } catch (const json::parse_error& error) {
    const size_t at = error.byte == 0 ? 0 : error.byte - 1;
    diagnostics.error(YamlSource(text, path).place(std::min(at, text.size())),
                      "the tracking plan is not valid JSON", kRemake);
  } catch (const WrongShape& wrong) {
    diagnostics.error(whole, "not a tracking plan: " + wrong.what, kRemake);
  } catch (const json::exception&) {
    diagnostics.error(whole, "not a tracking plan", kRemake);
  }
  return {};
}

}  // namespace waltrack
