#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mapping/call_spec.hpp"
#include "mapping/value_type.hpp"
#include "model/rule.hpp"

namespace waltrack {

struct CompiledRule;
struct Table;

// What is known of a value before there is a row.
struct ValueOutline {
  struct Field;

  ValueType type;
  bool always = true;  // false: a row may leave it out, for $null: omit or for what is not sent
  std::optional<std::vector<std::string>> values;  // JSON: it is one of these, or null
  bool open = false;                               // an object with fields that are not known
  std::vector<Field> fields;                       // object
  std::vector<ValueOutline> items;                 // list: those that are known
};

struct ValueOutline::Field {
  std::string name;
  ValueOutline value;
};

// What is known of a rule's events before there is a row. A value, but for `rule`, which lives as
// long as the mapper.
struct RuleOutline {
  const Rule* rule = nullptr;
  CallType type = CallType::identify;
  std::string name;        // track's event, a page's or screen's name; empty = none
  bool row_names = false;  // … or the row decides it
  bool has_body = true;    // an alias has none
  ValueOutline body;       // an object
};

// `table` is the one that the rule is compiled for.
RuleOutline outline_rule(const CompiledRule& rule, const Table& table);

}  // namespace waltrack
