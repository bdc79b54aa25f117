#include "mapping/value_spec.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

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

// Which of the shape's words a scalar is.
std::optional<size_t> word_index(KeyShape shape, const YamlNode& node) {
  const std::span<const std::string_view> words = key_words(shape);
  const auto found = std::find(words.begin(), words.end(), node.scalar);
  if (node.kind != YamlNode::Kind::scalar || found == words.end()) return std::nullopt;
  return static_cast<size_t>(found - words.begin());
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
    add_fields(node, value);
    return value;
  }

  void add_fields(const YamlNode& node, ValueSpec& object) {
    for (const auto& [key, field] : node.entries) {
      if (is_modifier(key.scalar)) continue;
      std::string name = key.scalar.starts_with('$') ? key.scalar.substr(1) : key.scalar;
      object.fields.push_back({std::move(name), read(field)});
    }
  }

  // `$columns` may stand among fields with names of their own.
  ValueSpec columns_form(const YamlNode& node) {
    ValueSpec value = object(node);
    check_modifiers(node, MappingMap::columns_value);
    ColumnsSpec& columns = value.columns.emplace();
    const YamlNode& names = *node.find("$columns");
    columns.place = names.place;
    if (names.kind == YamlNode::Kind::scalar && names.scalar == "*") {
      columns.all = true;
    } else if (names.kind == YamlNode::Kind::list && !names.items.empty()) {
      columns.names = column_names(names, "$columns");
    } else {
      diagnostics_.error(names.place, "$columns takes a list of columns, or \"*\" for all of them",
                         "as in $columns: [plan, city]");
    }
    if (const YamlNode* except = node.find("$except")) {
      columns.except = column_names(*except, "$except");
      if (!columns.all) {
        diagnostics_.error(except->place, "$except takes columns out of $columns: \"*\"",
                           "leave them out of the list instead");
      }
    }
    if (const YamlNode* chosen = node.find("$case")) columns.name_case = name_case(*chosen);
    if (const YamlNode* policy = node.find("$null")) columns.omit_null = omits_null(*policy);
    return value;
  }

  std::vector<ColumnsSpec::Name> column_names(const YamlNode& node, std::string_view key) {
    std::vector<ColumnsSpec::Name> names;
    const bool one = node.kind == YamlNode::Kind::scalar;
    for (const YamlNode& item : one ? std::vector<YamlNode>{node} : node.items) {
      if (item.kind == YamlNode::Kind::scalar) {
        names.push_back({item.scalar, item.place});
      } else {
        diagnostics_.error(item.place, "a column's name is a text");
      }
    }
    if (!one && node.kind != YamlNode::Kind::list) {
      diagnostics_.error(node.place, std::string(key) + " takes a list of columns");
    }
    return names;
  }

  ValueSpec long_form(const YamlNode& node) {
    if (node.find("$columns") != nullptr) return columns_form(node);
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
      diagnostics_.error(node.place, node.entries[0].first.scalar + " needs a $sql beside it",
                         "as in { $sql: plan, " + node.entries[0].first.scalar + ": … }");
      return literal(node, "null");
    }
    if (text->kind != YamlNode::Kind::scalar) {
      diagnostics_.error(text->place, "$sql takes an expression");
      return literal(node, "null");
    }
    ValueSpec value = sql(*text);
    read_modifiers(node, value);
    return value;
  }

  void read_modifiers(const YamlNode& node, ValueSpec& value) {
    if (const YamlNode* type = node.find("$type")) value.type = declared_type(*type);
    if (const YamlNode* map = node.find("$map")) value.map = literal_map(*map);
    if (const YamlNode* length = node.find("$truncate")) value.truncate = truncate(*length);
    if (const YamlNode* hash = node.find("$hash")) {
      value.hash = true;
      if (!word_index(KeyShape::hash, *hash)) {
        diagnostics_.error(hash->place, "unknown $hash '" + hash->scalar + "'", "known: sha256");
      }
    }
    if (const YamlNode* policy = node.find("$null")) value.omit_null = omits_null(*policy);
    const bool text = value.type == DeclaredType::none || value.type == DeclaredType::string;
    if (!text && (value.hash || value.truncate > 0)) {
      diagnostics_.error(node.place,
                         std::string(value.hash ? "$hash" : "$truncate") + " gives a text",
                         "leave $type out, or make it string");
    }
  }

  LiteralMap literal_map(const YamlNode& node) {
    LiteralMap map;
    if (node.kind != YamlNode::Kind::map || node.entries.empty()) {
      diagnostics_.error(node.place, "$map takes a map from values to literals",
                         "as in $map: { trial: Trial, $else: Other }");
      return map;
    }
    for (const auto& [key, given] : node.entries) {
      std::string json;
      append_literal(json, given);
      if (key.scalar == "$else") {
        map.otherwise = std::move(json);
      } else if (is_modifier(key.scalar)) {
        diagnostics_.error(
            key.place, "unknown key '" + key.scalar + "' in $map",
            "did you mean '$else'? write $" + key.scalar + " for a value that starts with $");
      } else {
        map.entries.emplace_back(key.scalar.starts_with('$') ? key.scalar.substr(1) : key.scalar,
                                 std::move(json));
      }
    }
    return map;
  }

  size_t truncate(const YamlNode& node) {
    size_t count = 0;
    const char* end = node.scalar.data() + node.scalar.size();
    const auto [stop, fault] = std::from_chars(node.scalar.data(), end, count);
    if (fault == std::errc{} && stop == end && count > 0) return count;
    diagnostics_.error(node.place, "$truncate takes a number of characters, from 1",
                       "as in $truncate: 255");
    return 0;
  }

  bool omits_null(const YamlNode& node) {
    const std::optional<size_t> word = word_index(KeyShape::null_policy, node);
    if (!word) diagnostics_.error(node.place, "$null takes omit or send");
    return word == 0U;
  }

  NameCase name_case(const YamlNode& node) {
    if (const auto word = word_index(KeyShape::name_case, node)) {
      return static_cast<NameCase>(*word + 1);
    }
    diagnostics_.error(node.place, "$case takes snake, camel or title");
    return NameCase::as_is;
  }

  bool check_long_form(const YamlNode& node) {
    const int errors = diagnostics_.error_count();
    check_modifiers(node, MappingMap::long_value);
    for (const auto& [key, unused] : node.entries) {
      if (is_modifier(key.scalar)) continue;
      diagnostics_.error(key.place, "'" + key.scalar + "' beside a $ key",
                         "a value has either $ keys only, or names of its own only");
    }
    return diagnostics_.error_count() == errors;
  }

  void check_modifiers(const YamlNode& node, MappingMap map) {
    std::vector<std::string> known = mapping_key_names(map);
    for (const auto& [key, unused] : node.entries) {
      if (!is_modifier(key.scalar)) continue;
      if (std::find(known.begin(), known.end(), key.scalar) != known.end()) continue;
      std::string hint = "write $" + key.scalar + " for a property that starts with $";
      if (auto near = nearest_name(key.scalar, known)) {
        hint = "did you mean '" + *near + "'? or " + hint;
      }
      diagnostics_.error(key.place, "unknown key '" + key.scalar + "' in a value", hint);
    }
  }

  DeclaredType declared_type(const YamlNode& node) {
    if (const auto word = word_index(KeyShape::type, node)) {
      return static_cast<DeclaredType>(*word + 1);
    }
    diagnostics_.error(node.place, "unknown $type '" + node.scalar + "'",
                       suggest_name(node.scalar, key_word_names(KeyShape::type)));
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
  if (value.is_modified()) {
    diagnostics.error(value.place, std::string(key) + " takes no $ key beside $sql",
                      value.hash ? "write sha256(lower(trim(…)))" : "write it in SQL");
    return std::nullopt;
  }
  return value;
}

}  // namespace waltrack
