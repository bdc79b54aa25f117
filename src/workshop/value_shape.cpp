#include "workshop/value_shape.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace waltrack {

using Json = nlohmann::ordered_json;

void ValueShape::add(const ValueOutline& way) {
  nullable_ = nullable_ || way.type.nullable;
  if (way.values) {
    add_values(way);
  } else {
    free_ = true;
    add_type(way.type);
  }
  if (way.type.json == JsonType::object) {
    ++objects_;
    for (const ValueOutline::Field& field : way.fields) {
      Field& known = fields_[field.name];
      known.shape.add(field.value);
      if (field.value.always) ++known.always;
    }
  }
  if (way.type.json != JsonType::array) return;
  if (item_.empty()) item_.emplace_back();
  for (const ValueOutline& item : way.items)
    item_[0].add(item);
  free_items_ = free_items_ || way.open;
}

void ValueShape::add_type(ValueType type) {
  if (type.json == JsonType::unknown) {
    unknown_ = true;
  } else {
    types_.insert(type.json);
  }
}

void ValueShape::add_values(const ValueOutline& way) {
  for (const std::string& json : *way.values) {
    const ValueType type = literal_value_type(json);
    if (json == "null") {
      nullable_ = true;
      continue;
    }
    types_.insert(type.json);
    // A list of objects and lists helps nobody.
    free_ = free_ || type.json == JsonType::object || type.json == JsonType::array;
    values_.insert(json);
  }
}

Json ValueShape::types() const {
  static constexpr std::array kNames = {
      std::pair{JsonType::datetime, "string"}, std::pair{JsonType::string, "string"},
      std::pair{JsonType::integer, "integer"}, std::pair{JsonType::number, "number"},
      std::pair{JsonType::boolean, "boolean"}, std::pair{JsonType::object, "object"},
      std::pair{JsonType::array, "array"},
  };
  Json names = Json::array();
  for (const auto& [type, name] : kNames) {
    // A number may be whole.
    const bool covered = type == JsonType::integer && types_.contains(JsonType::number);
    if (!types_.contains(type) || covered) continue;
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  if (nullable_) names.push_back("null");
  if (names.size() == 1) return names[0];
  return names;
}

Json ValueShape::enumeration() const {
  Json values = Json::array();
  for (const std::string& json : values_)
    values.push_back(Json::parse(json, nullptr, false));
  if (nullable_) values.push_back(nullptr);
  return values;
}

Json ValueShape::schema() const {
  Json schema = Json::object();
  if (unknown_) return schema;
  Json names = types();
  if (names.empty()) return schema;
  schema["type"] = std::move(names);
  const bool date = types_.contains(JsonType::datetime) && !types_.contains(JsonType::string);
  if (date) schema["format"] = "date-time";
  if (!free_ && !values_.empty()) schema["enum"] = enumeration();
  if (!fields_.empty()) {
    Json& properties = schema["properties"] = Json::object();
    Json required = Json::array();
    for (const auto& [name, field] : fields_) {
      properties[name] = field.shape.schema();
      if (field.always == objects_) required.push_back(name);
    }
    if (!required.empty()) schema["required"] = std::move(required);
  }
  if (!item_.empty() && !free_items_) {
    Json items = item_[0].schema();
    if (!items.empty()) schema["items"] = std::move(items);
  }
  return schema;
}

}  // namespace waltrack
