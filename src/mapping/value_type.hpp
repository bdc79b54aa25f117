#pragma once

#include <cstdint>

#include "mapping/value_spec.hpp"
#include "model/table.hpp"

namespace waltrack {

// What is known beforehand of a value's JSON; datetime is a string in ISO 8601.
enum class JsonType : uint8_t {
  unknown,
  string,
  datetime,
  number,
  integer,
  boolean,
  object,
  array,
};

struct ValueType {
  JsonType json = JsonType::unknown;
  bool nullable = true;

  bool operator==(const ValueType&) const = default;
};

// Of a column by its name alone. What may be a number or a string, by its size, is a number.
ValueType column_value_type(const Column& column);

// Of a literal's JSON text.
ValueType literal_value_type(std::string_view json);

// Of what `$type` asks for; `none` is unknown.
ValueType declared_value_type(DeclaredType type);

// What the value's `$map`, `$truncate` and `$hash` make of a `plain` one.
ValueType modified_value_type(const ValueSpec& spec, ValueType plain);

}  // namespace waltrack
