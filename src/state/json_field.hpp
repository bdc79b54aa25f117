#pragma once

#include <nlohmann/json.hpp>

namespace waltrack::state {

// The value of a key, or the type's default where it is missing or of another type.
template <typename T>
T json_field(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  try {
    return found->get<T>();
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

// The object under a key, or null when there is none.
inline const nlohmann::json* json_part(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_object() ? nullptr : &*found;
}

}  // namespace waltrack::state
