#include "mapping/call_spec.hpp"

#include <array>
#include <vector>

#include "base/json_text.hpp"
#include "base/nearest.hpp"
#include "mapping/mapping_keys.hpp"

namespace waltrack {
namespace {

constexpr std::array kRowOps = {Op::insert, Op::update, Op::remove, Op::truncate, Op::backfill};

const std::vector<std::string>& op_names() {
  static const std::vector<std::string> kNames = key_word_names(KeyShape::ops);
  return kNames;
}

MappingMap keys_of(CallType type) {
  switch (type) {
    case CallType::identify:
      return MappingMap::identify;
    case CallType::group:
      return MappingMap::group;
    case CallType::alias:
      return MappingMap::alias;
    case CallType::track:
      return MappingMap::track;
    case CallType::page:
      return MappingMap::page;
    case CallType::screen:
      break;
  }
  return MappingMap::screen;
}

OpSet default_ops(CallType type) {
  bool describes = type == CallType::identify || type == CallType::group;
  return describes ? OpSet{Op::insert, Op::update, Op::backfill} : OpSet{Op::insert};
}

class CallReader {
 public:
  CallReader(CallType type, const ScalarPlaces& places, Diagnostics& diagnostics)
      : type_(type), places_(places), diagnostics_(diagnostics) {}

  std::optional<CallSpec> read(const YamlNode& node, bool of_message) {
    check_keys(node, keys_of(type_), diagnostics_);
    CallSpec spec;
    spec.type = type_;
    spec.place = node.place;
    spec.settings = read_settings(node, places_, diagnostics_);
    spec.ops = of_message ? OpSet{Op::message} : default_ops(type_);
    if (const YamlNode* on = node.find("on")) {
      spec.names_ops = true;
      ops(*on, of_message, spec.ops);
    }
    spec.name = name(node, type_ == CallType::track ? "event" : "name");
    spec.category = name(node, "category");
    spec.group_id = needed(node, "group_id", CallType::group, "group_id: and whose group it is");
    spec.previous_id =
        needed(node, "previous_id", CallType::alias, "previous_id: and the user's old id");
    if (type_ == CallType::track && node.find("event") == nullptr) {
      diagnostics_.error(node.place, "a track call without an event",
                         "add event: and its name, best as \"Object Action\"");
    }
    rule_id(node, spec);
    body(node, spec);
    spec.shadow = read_switch(node, "shadow", false, diagnostics_);
    spec.only_changed = read_switch(node, "only_changed", false, diagnostics_);
    if (!read_switch(node, "enabled", true, diagnostics_)) return std::nullopt;
    return spec;
  }

 private:
  void ops(const YamlNode& node, bool of_message, OpSet& found) {
    if (of_message) {
      diagnostics_.error(node.place,
                         "a message is no change of a row: it takes no on:", "leave it out");
      return;
    }
    found = {};
    if (node.kind == YamlNode::Kind::list && !node.items.empty()) {
      for (const YamlNode& item : node.items)
        op(item, found);
    } else {
      op(node, found);
    }
  }

  void op(const YamlNode& node, OpSet& ops) {
    for (Op op : kRowOps) {
      if (node.kind == YamlNode::Kind::scalar && node.scalar == op_name(op)) return ops.add(op);
    }
    if (node.kind == YamlNode::Kind::scalar) {
      diagnostics_.error(node.place, "unknown kind of change '" + node.scalar + "'",
                         suggest_name(node.scalar, op_names()));
    } else {
      diagnostics_.error(node.place, "on takes a kind of change, or a list of them",
                         suggest_name("", op_names()));
    }
  }

  // A fixed name, or a value in the long form.
  std::optional<ValueSpec> name(const YamlNode& node, std::string_view key) {
    const YamlNode* value = node.find(key);
    if (value == nullptr) return std::nullopt;
    if (value->kind == YamlNode::Kind::scalar && !value->scalar.empty()) {
      ValueSpec spec;
      spec.place = value->place;
      spec.text = value->scalar;
      spec.json.clear();
      append_json_string(spec.json, value->scalar);
      return spec;
    }
    if (value->kind == YamlNode::Kind::map) {
      return read_single_value(*value, key, places_, diagnostics_);
    }
    diagnostics_.error(value->place, std::string(key) + " takes a name",
                       "or { $sql: … } for one that the row decides");
    return std::nullopt;
  }

  std::optional<ValueSpec> needed(const YamlNode& node, std::string_view key, CallType of,
                                  const char* add) {
    if (type_ != of) return std::nullopt;
    const YamlNode* value = node.find(key);
    if (value != nullptr) return read_single_value(*value, key, places_, diagnostics_);
    diagnostics_.error(
        node.place, std::string(mapping_map_name(keys_of(of))) + " without a " + std::string(key),
        std::string("add ") + add);
    return std::nullopt;
  }

  void rule_id(const YamlNode& node, CallSpec& spec) {
    spec.rule_id = call_name(type_);
    if (spec.name) spec.rule_id += "/" + (spec.name->is_literal() ? spec.name->text : "$sql");
    if (node.find("id") != nullptr) spec.rule_id = read_text(node, "id", "a name", diagnostics_);
  }

  void body(const YamlNode& node, CallSpec& spec) {
    std::string key(spec.body_key());
    const YamlNode* value = key.empty() ? nullptr : node.find(key);
    if (value == nullptr) return;
    int errors = diagnostics_.error_count();
    ValueSpec body = read_value(*value, places_, diagnostics_);
    if (diagnostics_.error_count() > errors) return;
    bool literal_object = body.is_literal() && body.json.starts_with('{');
    if (body.kind == ValueSpec::Kind::list || (body.is_literal() && !literal_object)) {
      diagnostics_.error(body.place, key + " takes a map of values, or SQL that gives an object");
      return;
    }
    bool typed = body.type != DeclaredType::none && body.type != DeclaredType::json;
    if (typed || body.map || body.truncate > 0 || body.hash || body.omit_null) {
      diagnostics_.error(body.place,
                         typed ? key + " can only be of $type json"
                               : key + " as a whole takes no $ key beside $sql and $type",
                         "put it on the values inside");
      return;
    }
    spec.body = std::move(body);
  }

  CallType type_;
  const ScalarPlaces& places_;
  Diagnostics& diagnostics_;
};

class SettingsReader {
 public:
  SettingsReader(const YamlNode& node, const ScalarPlaces& places, Diagnostics& diagnostics)
      : node_(node), places_(places), diagnostics_(diagnostics) {}

  CallSettings read() {
    CallSettings found;
    found.user_id = single("user_id");
    found.anonymous_id = single("anonymous_id");
    found.timestamp = single("timestamp");
    found.when = single("when");
    if (found.when && found.when->is_literal() && found.when->json != "true" &&
        found.when->json != "false") {
      diagnostics_.error(found.when->place, "when takes a condition, not " + found.when->json);
      found.when.reset();
    }
    found.context = object("context");
    found.integrations = object("integrations");
    if (found.context) check_context(*found.context);
    return found;
  }

 private:
  std::optional<ValueSpec> single(std::string_view key) {
    const YamlNode* value = node_.find(key);
    if (value == nullptr) return std::nullopt;
    return read_single_value(*value, key, places_, diagnostics_);
  }

  std::optional<ValueSpec> object(std::string_view key) {
    const YamlNode* value = node_.find(key);
    if (value == nullptr) return std::nullopt;
    int errors = diagnostics_.error_count();
    ValueSpec spec = read_value(*value, places_, diagnostics_);
    if (diagnostics_.error_count() > errors) return std::nullopt;
    if (spec.kind != ValueSpec::Kind::object) {
      diagnostics_.error(spec.place, std::string(key) + " takes a map of values");
      return std::nullopt;
    }
    return spec;
  }

  void check_context(const ValueSpec& context) {
    for (const auto& [key, value] : context.fields) {
      if (key == "library") {
        diagnostics_.error(value.place, "context.library is always waltrack's own",
                           "choose another name");
      }
    }
  }

  const YamlNode& node_;
  const ScalarPlaces& places_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::string_view call_name(CallType type) {
  switch (type) {
    case CallType::identify:
      return "identify";
    case CallType::group:
      return "group";
    case CallType::alias:
      return "alias";
    case CallType::track:
      return "track";
    case CallType::page:
      return "page";
    case CallType::screen:
      break;
  }
  return "screen";
}

std::string_view CallSpec::body_key() const {
  if (type == CallType::alias) return {};
  return type == CallType::identify || type == CallType::group ? "traits" : "properties";
}

std::optional<CallSpec> read_call(CallType type, const YamlNode& node, bool of_message,
                                  const ScalarPlaces& places, Diagnostics& diagnostics) {
  return CallReader(type, places, diagnostics).read(node, of_message);
}

CallSettings read_settings(const YamlNode& node, const ScalarPlaces& places,
                           Diagnostics& diagnostics) {
  return SettingsReader(node, places, diagnostics).read();
}

bool read_switch(const YamlNode& node, std::string_view key, bool otherwise,
                 Diagnostics& diagnostics) {
  const YamlNode* value = node.find(key);
  if (value == nullptr) return otherwise;
  if (value->kind == YamlNode::Kind::scalar && !value->quoted) {
    if (value->scalar == "true") return true;
    if (value->scalar == "false") return false;
  }
  diagnostics.error(value->place, std::string(key) + " takes true or false");
  return otherwise;
}

std::string read_text(const YamlNode& node, std::string_view key, std::string_view meaning,
                      Diagnostics& diagnostics) {
  const YamlNode* value = node.find(key);
  if (value == nullptr) return {};
  if (value->kind != YamlNode::Kind::scalar || value->scalar.empty()) {
    diagnostics.error(value->place, std::string(key) + " takes " + std::string(meaning));
    return {};
  }
  return value->scalar;
}

}  // namespace waltrack
