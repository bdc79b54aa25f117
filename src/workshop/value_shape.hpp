#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "mapping/rule_outline.hpp"

namespace waltrack {

// What is known of a value that several rules make, each in its way, as JSON Schema says it.
class ValueShape {
 public:
  void add(const ValueOutline& way);

  // draft-07; {} where nothing is known.
  nlohmann::ordered_json schema() const;

 private:
  struct Field;

  void add_type(ValueType type);
  void add_values(const ValueOutline& way);
  nlohmann::ordered_json types() const;
  nlohmann::ordered_json enumeration() const;

  bool unknown_ = false;  // a way of which no type is known
  bool nullable_ = false;
  std::set<JsonType> types_;
  bool free_ = false;             // a way whose values are not all known
  std::set<std::string> values_;  // JSON
  size_t objects_ = 0;            // ways that are objects
  std::map<std::string, Field> fields_;
  std::vector<ValueShape> item_;  // at most one: of all lists' items
  bool free_items_ = false;       // a list whose items are not known
};

struct ValueShape::Field {
  ValueShape shape;
  size_t always = 0;  // ways in which it is never left out
};

}  // namespace waltrack
