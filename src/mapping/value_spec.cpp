#include "mapping/value_spec.hpp"

#include <algorithm>
#include <cctype>

#include "base/json_text.hpp"
#include "base/nearest.hpp"
#include "mapping/mapping_keys.hpp"
#include "mapping/number_text.hpp"

namespace waltrack {
namespace {

// A number beyond what a double holds (1e999) would make an event that no receiver can read.
bool is_scalar_literal(std::string_view text) {
  return text == "true" || text == "false" || text == "null" || is_finite_number(text);
}

void append_literal(std::string& out, const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      out += "null";
      return;
    case YamlNode::Kind::scalar:
      if (!node.quoted && is_scalar_literal(node.scalar)) {
        out += node.scalar;
      } else {
        append_json_string(out, node.scalar);
      }
      return;
    case YamlNode::Kind::list: {
      out += '[';
      for (size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) out += ',';
        append_literal(out, node.items[i]);
      }
      out += ']';
      return;
    }
    case YamlNode::Kind::map: {
      out += '{';
      for (size_t i = 0; i < node.entries.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, node.entries[i].first.scalar);
        out += ':';
        append_literal(out, node.entries[i].second);
      }
      out += '}';
      return;
    }
  }
}

bool is_modifier(std::string_view key) {
  return key.starts_with('$') && !key.starts_with("$$");
}

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c); });
}

class ValueReader {
 public:
  ValueReader(const ScalarPlaces& places, Diagnostics& diagnostics)
      : places_(places), diagnostics_(diagnostics) {}

  ValueSpec read(const YamlNode& node) {
    switch (node.kind) {
      case YamlNode::Kind::null:
        return literal(node, "null");
      case YamlNode::Kind::scalar:
        return is_scalar_literal(node.scalar) ? literal(node, node.scalar) : sql(node);
      case YamlNode::Kind::list:
        return list(node);
      case YamlNode::Kind::map:
        break;
    }
    bool modified = std::any_of(node.entries.begin(), node.entries.end(),
                                [](const auto& entry) { return is_modifier(entry.first.scalar); });
    return modified ? long_form(node) : object(node);
  }

 private:
  static ValueSpec literal(const YamlNode& node, std::string json) {
    ValueSpec value;
    value.place = node.place;
    value.json = std::move(json);
    value.text = node.scalar;
    return value;
  }

  ValueSpec sql(const YamlNode& node) {
    if (is_blank(node.scalar)) {
      diagnostics_.error(node.place, "an empty expression",
                         "an empty text is \"''\" in SQL, or $literal: \"\"");
      return literal(node, "null");
    }
    ValueSpec value;
    value.kind = ValueSpec::Kind::sql;
    value.sql = places_.sql_text(node);
    value.place = value.sql.place;
    return value;
  }

  ValueSpec list(const YamlNode& node) {
    ValueSpec value;
    value.kind = ValueSpec::Kind::list;
    value.place = node.place;
    for (const YamlNode& item : node.items)
      value.items.push_back(read(item));
    return value;
  }

  ValueSpec object(const YamlNode& node) {
    ValueSpec value;
    value.kind = ValueSpec::Kind::object;
    value.place = node.place;
    for (const auto& [key, field] : node.entries) {
      std::string name = key.scalar.starts_with('$') ? key.scalar.substr(1) : key.scalar;
      value.fields.push_back({std::move(name), read(field)});
    }
    return value;
  }

  ValueSpec long_form(const YamlNode& node) {
    if (!check_long_form(node)) return literal(node, "null");
    if (const YamlNode* given = node.find("$literal")) {
      std::string json;
      append_literal(json, *given);
      ValueSpec value = literal(*given, std::move(json));
      if (node.entries.size() > 1) {
        diagnostics_.error(given->place, "$literal stands alone: it takes no other $ key");
      }
      return value;
    }
    const YamlNode* text = node.find("$sql");
    if (text == nullptr) {
      diagnostics_.error(node.place, "$type needs a $sql beside it");
      return literal(node, "null");
    }
    if (text->kind != YamlNode::Kind::scalar) {
      diagnostics_.error(text->place, "$sql takes an expression");
      return literal(node, "null");
    }
    ValueSpec value = sql(*text);
    if (const YamlNode* type = node.find("$type")) value.type = declared_type(*type);
    return value;
  }

  bool check_long_form(const YamlNode& node) {
    bool fine = true;
    std::vector<std::string> known = mapping_key_names(MappingMap::long_value);
    for (const auto& [key, unused] : node.entries) {
      if (std::find(known.begin(), known.end(), key.scalar) != known.end()) continue;
      fine = false;
      if (!is_modifier(key.scalar)) {
        diagnostics_.error(key.place, "'" + key.scalar + "' beside a $ key",
                           "a value has either $ keys only, or names of its own only");
        continue;
      }
      std::string hint = "write $" + key.scalar + " for a property that starts with $";
      if (auto near = nearest_name(key.scalar, known)) {
        hint = "did you mean '" + *near + "'? or " + hint;
      }
      diagnostics_.error(key.place, "unknown key '" + key.scalar + "' in a value", hint);
    }
    return fine;
  }

  DeclaredType declared_type(const YamlNode& node) {
    static const std::vector<std::string> kNames = {"string",  "number", "integer",
                                                    "boolean", "json",   "datetime"};
    auto found = std::find(kNames.begin(), kNames.end(), node.scalar);
    if (node.kind == YamlNode::Kind::scalar && found != kNames.end()) {
      return static_cast<DeclaredType>(found - kNames.begin() + 1);
    }
    diagnostics_.error(node.place, "unknown $type '" + node.scalar + "'",
                       suggest_name(node.scalar, kNames));
    return DeclaredType::none;
  }

  const ScalarPlaces& places_;
  Diagnostics& diagnostics_;
};

}  // namespace

ValueSpec read_value(const YamlNode& node, const ScalarPlaces& places, Diagnostics& diagnostics) {
  return ValueReader(places, diagnostics).read(node);
}

std::optional<ValueSpec> read_single_value(const YamlNode& node, std::string_view key,
                                           const ScalarPlaces& places, Diagnostics& diagnostics) {
  int errors = diagnostics.error_count();
  ValueSpec value = ValueReader(places, diagnostics).read(node);
  if (diagnostics.error_count() > errors) return std::nullopt;
  bool composed = value.kind == ValueSpec::Kind::object || value.kind == ValueSpec::Kind::list ||
                  value.json.starts_with('{') || value.json.starts_with('[');
  if (composed) {
    diagnostics.error(node.place, std::string(key) + " takes one value, not a map or a list");
    return std::nullopt;
  }
  if (value.type != DeclaredType::none) {
    diagnostics.error(value.place, std::string(key) + " takes no $type");
    return std::nullopt;
  }
  return value;
}

}  // namespace waltrack
