#include "workshop/plan_check.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "base/nearest.hpp"

namespace waltrack {
namespace {

using nlohmann::json;

// JSON Schema's word for a type.
std::string_view type_word(JsonType type) {
  switch (type) {
    case JsonType::string:
    case JsonType::datetime:
      return "string";
    case JsonType::number:
      return "number";
    case JsonType::integer:
      return "integer";
    case JsonType::boolean:
      return "boolean";
    case JsonType::object:
      return "object";
    case JsonType::array:
      return "array";
    case JsonType::unknown:
      break;
  }
  return {};
}

// The types that a schema admits; empty = it says nothing about that.
std::vector<std::string> admitted_types(const json& schema) {
  if (!schema.contains("type")) return {};
  const json& type = schema["type"];
  if (type.is_string()) return {type.get<std::string>()};
  return type.get<std::vector<std::string>>();
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool admits(const std::vector<std::string>& admitted, JsonType type) {
  return has(admitted, type_word(type)) || (type == JsonType::integer && has(admitted, "number"));
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += (text.empty() ? "" : " or ") + name;
  return text;
}

// Compares one rule with its schema. Rules of a glob are compiled for each table: what one has
// shown is told once.
class RuleCheck {
 public:
  RuleCheck(const RuleOutline& rule, const PlanSubject& subject, std::set<std::string>& told,
            Diagnostics& diagnostics)
      : rule_(rule), subject_(subject.text()), told_(told), diagnostics_(diagnostics) {}

  void value(const ValueOutline& value, const json& schema, const std::string& name) {
    if (schema == json(false)) {
      return error(name + " is not allowed by the plan", "leave it out of the mapping");
    }
    if (!schema.is_object()) return;
    types(value, schema, name);
    values(value, schema, name);
    if (value.type.json == JsonType::object) fields(value, schema, name);
    if (value.type.json == JsonType::array && schema.contains("items")) {
      for (const ValueOutline& item : value.items)
        this->value(item, schema["items"], name + "[]");
    }
  }

  void error(const std::string& what, const std::string& hint) { tell(true, what, hint); }

 private:
  void tell(bool sure, const std::string& what, const std::string& hint) {
    const std::string message = subject_ + ": " + what;
    const SourcePlace& place = rule_.rule->place;
    if (!told_.insert(place.text() + message).second) return;
    if (sure) {
      diagnostics_.error(place, message, hint);
    } else {
      diagnostics_.warning(place, message, hint);
    }
  }

  void types(const ValueOutline& value, const json& schema, const std::string& name) {
    const std::vector<std::string> admitted = admitted_types(schema);
    const bool only_null = value.values && value.values->empty();
    const bool known = value.type.json != JsonType::unknown;
    if (!admitted.empty() && known && !admits(admitted, value.type.json)) {
      error(name + " is " + std::string(type_word(value.type.json)) + ", the plan wants " +
                joined(admitted),
            "change the mapping or the plan; $type says what a value is to be");
    }
    if (!admitted.empty() && (known || only_null) && value.type.nullable &&
        !has(admitted, "null")) {
      error(
          name + (only_null ? " is null" : " may be null") + ", the plan wants " + joined(admitted),
          "use coalesce(…), or let the plan take null, too");
    }
    const bool date = schema.contains("format") && schema["format"] == "date-time";
    if (date && value.type.json == JsonType::string) {
      tell(false, name + " is a text, the plan wants a date and time",
           "$type: datetime writes it as one");
    }
  }

  void values(const ValueOutline& value, const json& schema, const std::string& name) {
    if (!value.values || !schema.contains("enum")) return;
    const json& known = schema["enum"];
    for (const std::string& text : *value.values) {
      const json one = json::parse(text, nullptr, false);
      if (std::find(known.begin(), known.end(), one) != known.end()) continue;
      error(name + " can be " + text + ", which is not among the plan's values",
            "change the mapping or the plan");
    }
    const std::vector<std::string> admitted = admitted_types(schema);
    const bool told = !admitted.empty() && !has(admitted, "null");
    if (value.type.nullable && !told &&
        std::find(known.begin(), known.end(), json()) == known.end())
      error(name + " may be null, which is not among the plan's values",
            "use coalesce(…), or let the plan take null, too");
  }

  void fields(const ValueOutline& value, const json& schema, const std::string& name) {
    const json none = json::object();
    const json& properties = schema.contains("properties") ? schema["properties"] : none;
    std::vector<std::string> known;
    for (const auto& [planned, unused] : properties.items())
      known.push_back(planned);
    const bool closed = schema.contains("additionalProperties") &&
                        schema["additionalProperties"] == json(false) &&
                        !schema.contains("patternProperties");
    for (const auto& [field, outline] : value.fields) {
      const std::string full = name.empty() ? field : name + "." + field;
      if (properties.contains(field)) {
        this->value(outline, properties[field], full);
      } else if (closed) {
        const auto near = nearest_name(field, known);
        error("the plan has no " + full,
              near ? "did you mean '" + *near + "'?" : "add it to the plan, or leave it out");
      }
    }
    required(value, schema, name);
  }

  void required(const ValueOutline& value, const json& schema, const std::string& name) {
    if (!schema.contains("required")) return;
    for (const json& one : schema["required"]) {
      const std::string& wanted = one.get_ref<const std::string&>();
      const std::string full = name.empty() ? wanted : name + "." + wanted;
      const auto found = std::ranges::find(value.fields, wanted, &ValueOutline::Field::name);
      if (found == value.fields.end()) {
        if (!value.open) error("the plan requires " + full, "add it to the mapping");
      } else if (!found->value.always) {
        error("the plan requires " + full + ", which may be left out",
              "by $null: omit, only_changed, or since the server does not send a column that "
              "stays: REPLICA IDENTITY FULL makes it");
      }
    }
  }

  const RuleOutline& rule_;
  std::string subject_;
  std::set<std::string>& told_;
  Diagnostics& diagnostics_;
};

const PlannedRule* find_rule(std::span<const PlannedRule> plan, const PlanSubject& subject) {
  const auto find = [&](const PlanSubject& wanted) {
    const auto found = std::ranges::find(plan, wanted, &PlannedRule::subject);
    return found == plan.end() ? nullptr : &*found;
  };
  const PlannedRule* exact = find(subject);
  const bool named = subject.type == "PAGE" || subject.type == "SCREEN";
  // A rule without a key is about all pages.
  return exact != nullptr || !named ? exact : find({subject.type, ""});
}

std::vector<std::string> keys_of(std::span<const PlannedRule> plan, const std::string& type) {
  std::vector<std::string> keys;
  for (const PlannedRule& rule : plan) {
    if (rule.subject.type == type) keys.push_back(rule.subject.key);
  }
  return keys;
}

void check_sent(std::span<const PlannedRule> plan, const std::vector<PlanSubject>& sent,
                bool more_events, const std::string& path, Diagnostics& diagnostics) {
  for (const PlannedRule& rule : plan) {
    const bool is_sent = std::ranges::any_of(sent, [&](const PlanSubject& one) {
      return one == rule.subject || (rule.subject.key.empty() && one.type == rule.subject.type);
    });
    if (is_sent) continue;
    std::vector<std::string> keys;
    for (const PlanSubject& one : sent) {
      if (one.type == rule.subject.type) keys.push_back(one.key);
    }
    const auto near = nearest_name(rule.subject.key, keys);
    std::string hint = near ? "the mappings send '" + *near + "'" : "";
    if (!near && more_events && rule.subject.type == "TRACK")
      hint = "unless it is an event whose name a row decides";
    diagnostics.warning({path, 0, 0}, "no mapping sends the plan's " + rule.subject.text(), hint);
  }
}

}  // namespace

void check_plan(std::span<const RuleOutline> rules, std::span<const PlannedRule> plan,
                const std::string& path, Diagnostics& diagnostics) {
  std::set<std::string> told;
  std::vector<PlanSubject> sent;
  bool more_events = false;
  for (const RuleOutline& rule : rules) {
    const PlanSubject subject = plan_subject(rule);
    if (subject.type.empty()) continue;
    if (rule.type == CallType::track && rule.row_names) {
      more_events = true;
      continue;
    }
    sent.push_back(subject);
    RuleCheck check(rule, subject, told, diagnostics);
    if (const PlannedRule* planned = find_rule(plan, subject)) {
      check.value(rule.body, planned->body, "");
      continue;
    }
    const auto near = nearest_name(subject.key, keys_of(plan, subject.type));
    check.error("the plan does not know it", near
                                                 ? "did you mean '" + *near + "'?"
                                                 : "add it to the plan: `waltrack plan` writes it");
  }
  check_sent(plan, sent, more_events, path, diagnostics);
}

}  // namespace waltrack
