#include "mapping/mapping_file.hpp"

#include <algorithm>

#include "base/nearest.hpp"
#include "base/yaml_reader.hpp"
#include "mapping/mapping_keys.hpp"

namespace waltrack {
namespace {

const std::vector<std::string>& op_names() {
  static const std::vector<std::string> kNames = {"insert", "update", "delete", "truncate",
                                                  "backfill"};
  return kNames;
}

class DocumentReader {
 public:
  DocumentReader(const ScalarPlaces& places, Diagnostics& diagnostics)
      : places_(places), diagnostics_(diagnostics) {}

  // Nothing when the document names no table.
  std::optional<TableMapping> read(const YamlNode& document) {
    if (document.kind != YamlNode::Kind::map) {
      diagnostics_.error(document.place, "a mapping document is a map",
                         "begin it with table: schema.name");
      return std::nullopt;
    }
    check_keys(document, MappingMap::document, "a mapping document", diagnostics_);
    TableMapping mapping;
    mapping.place = document.place;
    mapping.defaults = settings(document);
    int errors = diagnostics_.error_count();
    for (const auto& [key, value] : document.entries) {
      if (key.scalar == "identify") calls(CallType::identify, value, mapping.calls);
      if (key.scalar == "track") calls(CallType::track, value, mapping.calls);
    }
    if (mapping.calls.empty() && errors == diagnostics_.error_count()) {
      diagnostics_.error(document.place, "no call: nothing would be sent",
                         "add identify: or track:");
    }
    if (!table(document, mapping)) return std::nullopt;
    return mapping;
  }

 private:
  bool table(const YamlNode& document, TableMapping& mapping) {
    const YamlNode* node = document.find("table");
    if (node == nullptr) {
      diagnostics_.error(document.place, "no table: whose rows are these calls for?",
                         "add table: schema.name");
      return false;
    }
    mapping.table_place = node->place;
    if (node->kind != YamlNode::Kind::scalar) {
      diagnostics_.error(node->place, "table takes one table's name",
                         "write a document for each table, with --- between them");
      return false;
    }
    std::optional<TableName> name = parse_table_name(node->scalar);
    if (!name) {
      diagnostics_.error(node->place, "'" + node->scalar + "' is not a table's name",
                         "write schema.name; odd names in double quotes, as in SQL");
      return false;
    }
    mapping.table = std::move(*name);
    return true;
  }

  CallSettings settings(const YamlNode& node) {
    CallSettings found;
    found.user_id = single(node, "user_id");
    found.anonymous_id = single(node, "anonymous_id");
    found.timestamp = single(node, "timestamp");
    found.when = single(node, "when");
    if (found.when && found.when->is_literal() && found.when->json != "true" &&
        found.when->json != "false") {
      diagnostics_.error(found.when->place, "when takes a condition, not " + found.when->json);
      found.when.reset();
    }
    found.context = object(node, "context");
    found.integrations = object(node, "integrations");
    if (found.context) check_context(*found.context);
    return found;
  }

  std::optional<ValueSpec> single(const YamlNode& node, std::string_view key) {
    const YamlNode* value = node.find(key);
    if (value == nullptr) return std::nullopt;
    return read_single_value(*value, key, places_, diagnostics_);
  }

  std::optional<ValueSpec> object(const YamlNode& node, std::string_view key) {
    const YamlNode* value = node.find(key);
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

  void calls(CallType type, const YamlNode& node, std::vector<CallSpec>& out) {
    std::string_view name = type == CallType::identify ? "identify" : "track";
    if (node.kind == YamlNode::Kind::map) {
      call(type, node, out);
    } else if (node.kind == YamlNode::Kind::list && !node.items.empty()) {
      for (const YamlNode& item : node.items) {
        if (item.kind == YamlNode::Kind::map) {
          call(type, item, out);
        } else {
          diagnostics_.error(item.place, "a " + std::string(name) + " call is a map");
        }
      }
    } else {
      diagnostics_.error(node.place, std::string(name) + " takes a map, or a list of maps");
    }
  }

  void call(CallType type, const YamlNode& node, std::vector<CallSpec>& out) {
    bool identify = type == CallType::identify;
    check_keys(node, identify ? MappingMap::identify : MappingMap::track,
               identify ? "an identify call" : "a track call", diagnostics_);
    CallSpec spec;
    spec.type = type;
    spec.place = node.place;
    spec.settings = settings(node);
    spec.ops =
        ops(node, identify ? OpSet{Op::insert, Op::update, Op::backfill} : OpSet{Op::insert});
    spec.rule_id = "identify";
    if (!identify) {
      spec.event = text(node, "event", "the event's name");
      spec.rule_id = "track/" + spec.event;
      if (node.find("event") == nullptr) {
        diagnostics_.error(node.place, "a track call without an event",
                           "add event: and its name, best as \"Object Action\"");
      }
    }
    if (node.find("id") != nullptr) spec.rule_id = text(node, "id", "a name");
    body(node, spec);
    out.push_back(std::move(spec));
  }

  void body(const YamlNode& node, CallSpec& spec) {
    const YamlNode* value = node.find(spec.body_key());
    if (value == nullptr) return;
    int errors = diagnostics_.error_count();
    ValueSpec body = read_value(*value, places_, diagnostics_);
    if (diagnostics_.error_count() > errors) return;
    bool literal_object = body.is_literal() && body.json.starts_with('{');
    if (body.kind == ValueSpec::Kind::list || (body.is_literal() && !literal_object)) {
      diagnostics_.error(body.place, std::string(spec.body_key()) +
                                         " takes a map of values, or SQL that gives an object");
      return;
    }
    if (body.type != DeclaredType::none && body.type != DeclaredType::json) {
      diagnostics_.error(body.place, std::string(spec.body_key()) + " can only be of $type json");
      return;
    }
    spec.body = std::move(body);
  }

  std::string text(const YamlNode& node, std::string_view key, std::string_view meaning) {
    const YamlNode* value = node.find(key);
    if (value == nullptr) return {};
    if (value->kind != YamlNode::Kind::scalar || value->scalar.empty()) {
      diagnostics_.error(value->place, std::string(key) + " takes " + std::string(meaning));
      return {};
    }
    return value->scalar;
  }

  OpSet ops(const YamlNode& node, OpSet otherwise) {
    const YamlNode* value = node.find("on");
    if (value == nullptr) return otherwise;
    OpSet found;
    if (value->kind == YamlNode::Kind::list && !value->items.empty()) {
      for (const YamlNode& item : value->items)
        op(item, found);
    } else {
      op(*value, found);
    }
    return found;
  }

  void op(const YamlNode& node, OpSet& ops) {
    for (Op op : {Op::insert, Op::update, Op::remove, Op::truncate, Op::backfill}) {
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

  const ScalarPlaces& places_;
  Diagnostics& diagnostics_;
};

// One part of a dotted name, in SQL's double quotes or bare; takes it off the front of `text`.
std::optional<std::string> take_name_part(std::string_view& text) {
  std::string part;
  if (!text.starts_with('"')) {
    size_t end = std::min(text.find('.'), text.size());
    part = text.substr(0, end);
    text.remove_prefix(end);
    bool odd = part.find_first_of("\" \t*,;()[]") != std::string::npos;
    return part.empty() || odd ? std::nullopt : std::optional(part);
  }
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '"') {
      part += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '"') {
      part += text[i++];
    } else {
      text.remove_prefix(i + 1);
      return part.empty() ? std::nullopt : std::optional(part);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<TableName> parse_table_name(std::string_view text) {
  std::optional<std::string> first = take_name_part(text);
  if (!first) return std::nullopt;
  if (text.empty()) return TableName{"public", *first};
  if (!text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  std::optional<std::string> second = take_name_part(text);
  if (!second || !text.empty()) return std::nullopt;
  return TableName{*first, *second};
}

MappingFile read_mapping_file(std::string_view text, std::string path, Diagnostics& diagnostics) {
  MappingFile file;
  file.path = path;
  ScalarPlaces places(text);
  for (const YamlNode& document : read_yaml(text, std::move(path), diagnostics)) {
    std::optional<TableMapping> mapping = DocumentReader(places, diagnostics).read(document);
    if (mapping) file.tables.push_back(std::move(*mapping));
  }
  return file;
}

}  // namespace waltrack
