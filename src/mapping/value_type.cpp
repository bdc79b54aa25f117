#include "mapping/value_type.hpp"

namespace waltrack {

ValueType column_value_type(const Column& column) {
  const auto of = [&](JsonType json) { return ValueType{json, column.nullable}; };
  switch (column.type.kind) {
    case ValueKind::boolean:
      return of(JsonType::boolean);
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
    case ValueKind::oid:
      return of(JsonType::integer);
    case ValueKind::float4:
    case ValueKind::float8:
    case ValueKind::numeric:
      return of(JsonType::number);
    case ValueKind::timestamp:
    case ValueKind::timestamptz:
      return of(JsonType::datetime);
    case ValueKind::text:
    case ValueKind::bytea:
    case ValueKind::date:
    case ValueKind::time:
    case ValueKind::timetz:
    case ValueKind::interval:
      return of(JsonType::string);
    case ValueKind::array:
    case ValueKind::multirange:
      return of(JsonType::array);
    case ValueKind::hstore:
      return of(JsonType::object);
    case ValueKind::json:
    case ValueKind::range:  // an object, or the text "empty"
      break;
  }
  return of(JsonType::unknown);
}

ValueType literal_value_type(std::string_view json) {
  if (json == "null") return {JsonType::unknown, true};
  if (json == "true" || json == "false") return {JsonType::boolean, false};
  switch (json.empty() ? '\0' : json.front()) {
    case '"':
      return {JsonType::string, false};
    case '{':
      return {JsonType::object, false};
    case '[':
      return {JsonType::array, false};
    default:
      break;
  }
  const bool whole = json.find_first_of(".eE") == std::string_view::npos;
  return {whole ? JsonType::integer : JsonType::number, false};
}

ValueType declared_value_type(DeclaredType type) {
  switch (type) {
    case DeclaredType::string:
      return {JsonType::string};
    case DeclaredType::number:
      return {JsonType::number};
    case DeclaredType::integer:
      return {JsonType::integer};
    case DeclaredType::boolean:
      return {JsonType::boolean};
    case DeclaredType::datetime:
      return {JsonType::datetime};
    case DeclaredType::json:
    case DeclaredType::none:
      break;
  }
  return {};
}

ValueType modified_value_type(const ValueSpec& spec, ValueType plain) {
  ValueType type = plain;
  if (spec.map) {
    // What is not named stays as it is, so all must be of one kind.
    std::optional<ValueType> mapped;
    bool mixed = false;
    const auto take = [&](ValueType one) {
      mixed = mixed || (mapped && mapped->json != one.json);
      if (!mapped) mapped = one;
      mapped->nullable = mapped->nullable || one.nullable;
    };
    for (const auto& [text, json] : spec.map->entries)
      take(literal_value_type(json));
    take(spec.map->otherwise ? literal_value_type(*spec.map->otherwise) : plain);
    type = mixed ? ValueType{} : *mapped;
    type.nullable = type.nullable || plain.nullable;
  }
  if (spec.truncate > 0 && type.json != JsonType::string) type.json = JsonType::unknown;
  if (spec.hash) type.json = JsonType::string;
  if (spec.omit_null) type.nullable = false;
  return type;
}

}  // namespace waltrack
