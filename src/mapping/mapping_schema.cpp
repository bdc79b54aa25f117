#include "mapping/mapping_schema.hpp"

#include <nlohmann/json.hpp>

#include "mapping/mapping_keys.hpp"

namespace waltrack {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNotBlank = R"(\S)";
// A name of the document's own: what begins with one $ is a word of the language.
constexpr const char* kOwnName = R"(^([^$]|\$\$|$))";
constexpr const char* kMapFrom = R"(^([^$]|\$\$|\$else$|$))";
constexpr const char* kNumber = R"(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)";
// As parse_table_glob() reads it: one or two parts, bare or in double quotes.
constexpr const char* kTable =
    R"re(^("([^"]|"")+"|[^". \t,;()\[\]]+)(\.("([^"]|"")+"|[^". \t,;()\[\]]+))?$)re";

// Scalars are text to the loader, whatever an editor takes them for.
Json scalar() {
  return {{"type", {"string", "number", "boolean"}}};
}

// A scalar in which something stands.
Json scalar_like(const char* pattern) {
  Json schema = scalar();
  schema["pattern"] = pattern;
  return schema;
}

Json defined(const std::string& definition) {
  return {{"$ref", "#/definitions/" + definition}};
}

// Draft-07 passes over what stands beside a $ref, but descriptions are for people.
Json described(const MappingKey& key, Json schema) {
  Json out = {{"description", key.meaning}};
  if (schema.contains("$ref")) {
    out["allOf"] = Json::array({std::move(schema)});
  } else {
    out.update(schema);
  }
  return out;
}

Json one_or_list(const Json& one, bool may_be_empty) {
  Json list = {{"type", "array"}, {"items", one}};
  if (!may_be_empty) list["minItems"] = 1;
  return {{"anyOf", {one, list}}};
}

Json text_unless(const std::string& words) {
  return {{"type", "string"}, {"pattern", kNotBlank}, {"not", {{"pattern", "^(" + words + ")$"}}}};
}

Json map_of(const Json& value) {
  return {{"type", "object"}, {"additionalProperties", value}};
}

Json words_of(KeyShape shape) {
  Json words = Json::array();
  for (const std::string_view word : key_words(shape))
    words.push_back(word);
  return {{"enum", words}};
}

Json shape_schema(const MappingKey& key) {
  switch (key.shape) {
    case KeyShape::text:
      return scalar_like(".");
    case KeyShape::text_list:
      return one_or_list(scalar(), true);
    case KeyShape::tables:
      return one_or_list(scalar_like(kTable), false);
    case KeyShape::name:
      return {{"anyOf", {scalar_like("."), defined("single_long_value")}}};
    case KeyShape::flag:
      return {{"type", "boolean"}};
    case KeyShape::only_true:
      return {{"const", true}};
    case KeyShape::value:
      return defined("single_value");
    case KeyShape::condition:
      return defined("condition");
    case KeyShape::value_map:
      return defined("values");
    case KeyShape::context:
      return {{"allOf", {defined("values"), {{"properties", {{"library", false}}}}}}};
    case KeyShape::body:
      return defined("body");
    case KeyShape::calls:
      return one_or_list(defined(std::string(key.name)), false);
    case KeyShape::ops:
      return one_or_list(words_of(key.shape), false);
    case KeyShape::sql:
      return scalar_like(kNotBlank);
    case KeyShape::backfill:
    case KeyShape::type:
    case KeyShape::null_policy:
    case KeyShape::hash:
    case KeyShape::name_case:
      return words_of(key.shape);
    case KeyShape::count:
      return {{"anyOf",
               {{{"type", "integer"}, {"minimum", 1}},
                {{"type", "string"}, {"pattern", "^0*[1-9][0-9]*$"}}}}};
    case KeyShape::literal:
      return Json::object();
    case KeyShape::literal_map:
      return {{"type", "object"},
              {"minProperties", 1},
              {"propertyNames", {{"pattern", kMapFrom}}},
              {"properties", {{"$else", {{"description", "for all other values"}}}}}};
    case KeyShape::column_names:
      return {
          {"anyOf", {{{"const", "*"}}, {{"type", "array"}, {"minItems", 1}, {"items", scalar()}}}}};
    case KeyShape::row:
      return map_of(Json::object());
    case KeyShape::test_update:
      return defined("test_update");
    case KeyShape::tests:
      return {{"type", "array"}, {"items", defined("test")}};
    case KeyShape::expectations:
      return {{"type", "array"}, {"items", map_of(Json::object())}};
  }
  return false;
}

Json one_required(std::span<const std::string_view> keys) {
  Json choices = Json::array();
  for (const std::string_view key : keys)
    choices.push_back({{"required", {key}}});
  return choices;
}

// What a document about messages (`key`) may say.
Json of_messages(std::string_view key) {
  Json keys = Json::object();
  for (const MappingKey& one : mapping_keys(MappingMap::document)) {
    Json& part = keys[std::string(one.name)];
    if (one.shape == KeyShape::calls) part = defined("calls_without_on");
    if (one.shape == KeyShape::backfill) part = false;
    if (one.shape == KeyShape::tests) part = {{"items", {{"required", {key}}}}};
    if (part.is_null()) keys.erase(std::string(one.name));
  }
  return {{"properties", keys}};
}

Json of_rows(std::string_view key) {
  const Json test = {{"properties", {{std::string(key), false}}}};
  return {{"properties", {{"tests", {{"items", test}}}}}};
}

Json relation_schema(const KeyRelation& relation) {
  const Json is_there = {{"required", {relation.keys[0]}}};
  switch (relation.kind) {
    case KeyRelation::Kind::exactly_one:
      return {{"oneOf", one_required(relation.keys)}};
    case KeyRelation::Kind::at_least_one:
      return {{"anyOf", one_required(relation.keys)}};
    case KeyRelation::Kind::alone:
      return {{"if", is_there}, {"then", {{"maxProperties", 1}}}};
    case KeyRelation::Kind::only:
      return {{"if", is_there},
              {"then",
               {{"properties", {{std::string(relation.keys[1]), {{"const", relation.word}}}}}}}};
    case KeyRelation::Kind::of_messages:
      return {{"if", is_there},
              {"then", of_messages(relation.keys[0])},
              {"else", of_rows(relation.keys[0])}};
  }
  return true;
}

Json map_schema(MappingMap map) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const MappingKey& key : mapping_keys(map)) {
    properties[std::string(key.name)] = described(key, shape_schema(key));
    if (key.required) required.push_back(key.name);
  }
  Json schema = {
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  Json relations = Json::array();
  for (const KeyRelation& relation : key_relations(map))
    relations.push_back(relation_schema(relation));
  if (!relations.empty()) schema["allOf"] = std::move(relations);
  return schema;
}

// `$columns` may stand among names of the document's own.
Json columns_schema() {
  Json schema = map_schema(MappingMap::columns_value);
  schema["patternProperties"] = {{kOwnName, defined("value")}};
  return schema;
}

// A map with one key out of a long value's.
Json only_key(std::string_view name, const Json& value) {
  return {{"type", "object"},
          {"required", {name}},
          {"properties", {{std::string(name), value}}},
          {"additionalProperties", false}};
}

void add_values(Json& definitions) {
  const Json own_names = {{"type", "object"},
                          {"propertyNames", {{"pattern", kOwnName}}},
                          {"additionalProperties", defined("value")}};
  definitions["value"] = {
      {"description", "SQL over the row, a number, true, false, null, or values in a map or list"},
      {"anyOf",
       {{{"type", {"number", "boolean", "null"}}},
        {{"type", "string"}, {"pattern", kNotBlank}},
        {{"type", "array"}, {"items", defined("value")}},
        defined("values"),
        defined("long_value")}}};
  definitions["values"] = {{"anyOf", {own_names, defined("columns_value")}}};
  definitions["columns_value"] = columns_schema();
  definitions["long_value"] = map_schema(MappingMap::long_value);
  definitions["single_long_value"] = {
      {"anyOf",
       {only_key("$sql", scalar_like(kNotBlank)),
        only_key("$literal", {{"type", {"string", "number", "boolean", "null"}}})}}};
  definitions["single_value"] = {{"anyOf",
                                  {{{"type", {"number", "boolean", "null"}}},
                                   {{"type", "string"}, {"pattern", kNotBlank}},
                                   defined("single_long_value")}}};
  definitions["condition"] = {{"anyOf",
                               {{{"type", "boolean"}},
                                text_unless(std::string("null|") + kNumber),
                                only_key("$sql", scalar_like(kNotBlank)),
                                only_key("$literal", {{"type", "boolean"}})}}};
  Json typed = only_key("$sql", scalar_like(kNotBlank));
  typed["properties"]["$type"] = {{"const", "json"}};
  definitions["body"] = {
      {"anyOf",
       {defined("values"), text_unless(std::string("null|true|false|") + kNumber), typed,
        only_key("$literal", {{"type", "object"}})}}};
}

}  // namespace

std::string mapping_schema() {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "A waltrack mapping"},
                 {"$comment", "Made by `waltrack schema mapping`; not to be edited."}};
  schema.update(map_schema(MappingMap::document));
  Json& definitions = schema["definitions"];
  definitions["identify"] = map_schema(MappingMap::identify);
  definitions["group"] = map_schema(MappingMap::group);
  definitions["alias"] = map_schema(MappingMap::alias);
  definitions["track"] = map_schema(MappingMap::track);
  definitions["page"] = map_schema(MappingMap::page);
  definitions["screen"] = map_schema(MappingMap::screen);
  const Json without_on = {{"properties", {{"on", false}}}};
  definitions["calls_without_on"] = without_on;
  definitions["calls_without_on"]["items"] = without_on;
  add_values(definitions);
  definitions["test"] = map_schema(MappingMap::test);
  definitions["test_update"] = map_schema(MappingMap::test_update);
  return schema.dump(2) + "\n";
}

}  // namespace waltrack
