#include "mapping/mapping_file.hpp"

#include <algorithm>
#include <array>

#include "base/nearest.hpp"
#include "mapping/mapping_keys.hpp"
#include "mapping/table_names.hpp"

namespace waltrack {
namespace {

class DocumentReader {
 public:
  DocumentReader(const ScalarPlaces& places, Diagnostics& diagnostics)
      : places_(places), diagnostics_(diagnostics) {}

  // Nothing when the document names neither a table nor a message.
  std::optional<MappingDocument> read(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::map) {
      diagnostics_.error(node.place, "a mapping document is a map",
                         "begin it with table: schema.name");
      return std::nullopt;
    }
    check_keys(node, MappingMap::document, diagnostics_);
    MappingDocument document;
    document.place = node.place;
    bool named = read_subject(node, document);
    document.enabled = read_switch(node, "enabled", true, diagnostics_);
    document.shadow = read_switch(node, "shadow", false, diagnostics_);
    document.defaults = read_settings(node, places_, diagnostics_);
    document.acknowledged = read_acknowledged(node);
    read_calls(node, document);
    read_backfill(node, document);
    if (const YamlNode* tests = node.find("tests")) document.tests = *tests;
    if (!named) return std::nullopt;
    return document;
  }

 private:
  bool read_subject(const YamlNode& node, MappingDocument& document) {
    const YamlNode* table = node.find("table");
    const YamlNode* message = node.find("message");
    if (table != nullptr && message != nullptr) {
      diagnostics_.error(message->place, "a document is about a table or about messages, not both",
                         "write a document for each, with --- between them");
      return false;
    }
    if (message != nullptr) {
      document.message = read_text(node, "message", "the prefix of the messages", diagnostics_);
      return !document.message.empty();
    }
    if (table == nullptr) {
      diagnostics_.error(node.place, "no table: whose rows are these calls for?",
                         "add table: schema.name, or message: PREFIX");
      return false;
    }
    return read_tables(*table, document);
  }

  bool read_tables(const YamlNode& node, MappingDocument& document) {
    bool list = node.kind == YamlNode::Kind::list;
    if (!list && node.kind != YamlNode::Kind::scalar) {
      diagnostics_.error(node.place, "table takes a table's name, or a list of names");
      return false;
    }
    if (list && node.items.empty()) {
      diagnostics_.error(node.place, "an empty list of tables", "enabled: false switches off");
    }
    for (const YamlNode& item : list ? node.items : std::vector<YamlNode>{node}) {
      std::optional<TableGlob> glob;
      if (item.kind == YamlNode::Kind::scalar) glob = parse_table_glob(item.scalar);
      if (glob) {
        document.tables.push_back({std::move(*glob), item.place});
      } else {
        diagnostics_.error(
            item.place, "'" + item.scalar + "' is not a table's name",
            "write schema.name; a part that has a dot, a blank or the like goes in "
            "double quotes, and the whole in single ones: '\"My Schema\".\"My.Table\"'");
      }
    }
    return !document.tables.empty();
  }

  std::vector<std::string> read_acknowledged(const YamlNode& node) {
    std::vector<std::string> names;
    const YamlNode* value = node.find("acknowledge_pii");
    if (value == nullptr) return names;
    bool list = value->kind == YamlNode::Kind::list;
    for (const YamlNode& item : list ? value->items : std::vector<YamlNode>{*value}) {
      if (item.kind == YamlNode::Kind::scalar) {
        names.push_back(item.scalar);
      } else {
        diagnostics_.error(item.place, "acknowledge_pii takes a column, or a list of columns");
      }
    }
    return names;
  }

  void read_calls(const YamlNode& node, MappingDocument& document) {
    static constexpr std::array kTypes = {CallType::identify, CallType::group, CallType::alias,
                                          CallType::track,    CallType::page,  CallType::screen};
    int errors = diagnostics_.error_count();
    bool any = false;
    for (const auto& [key, value] : node.entries) {
      for (CallType type : kTypes) {
        if (key.scalar != call_name(type)) continue;
        any = true;
        read_calls_of(type, value, document);
      }
    }
    calls_faulty_ = errors != diagnostics_.error_count();
    if (any || calls_faulty_) return;
    diagnostics_.error(node.place, "no call: nothing would be sent", "add identify: or track:");
  }

  void read_calls_of(CallType type, const YamlNode& node, MappingDocument& document) {
    std::string name(call_name(type));
    if (node.kind == YamlNode::Kind::map) {
      read_one(type, node, document);
    } else if (node.kind == YamlNode::Kind::list && !node.items.empty()) {
      for (const YamlNode& item : node.items) {
        if (item.kind == YamlNode::Kind::map) {
          read_one(type, item, document);
        } else {
          std::string article =
              type == CallType::identify || type == CallType::alias ? "an " : "a ";
          diagnostics_.error(item.place, article + name + " call is a map");
        }
      }
    } else {
      diagnostics_.error(node.place, name + " takes a map, or a list of maps");
    }
  }

  void read_one(CallType type, const YamlNode& node, MappingDocument& document) {
    auto call = read_call(type, node, document.is_message(), places_, diagnostics_);
    if (call) document.calls.push_back(std::move(*call));
  }

  // Behind the calls, which it looks at.
  void read_backfill(const YamlNode& node, MappingDocument& document) {
    const YamlNode* value = node.find("backfill");
    if (value == nullptr) return;
    if (node.find("message") != nullptr) {
      diagnostics_.error(value->place, "messages are not kept: there is nothing to backfill",
                         "leave backfill out");
      return;
    }
    const bool scalar = value->kind == YamlNode::Kind::scalar;
    if (scalar && value->scalar == "never") {
      document.backfill = InitialBackfill::never;
    } else if (scalar && value->scalar == "initial") {
      document.backfill = InitialBackfill::initial;
      if (!calls_faulty_) check_that_backfill_is_heard(value->place, document);
    } else {
      diagnostics_.error(
          value->place, "backfill takes initial or never",
          suggest_name(scalar ? value->scalar : "", key_word_names(KeyShape::backfill)));
    }
  }

  void check_that_backfill_is_heard(const SourcePlace& place, const MappingDocument& document) {
    const bool heard = std::ranges::any_of(
        document.calls, [](const CallSpec& call) { return call.ops.has(Op::backfill); });
    if (heard) return;
    diagnostics_.warning(place, "no call here hears of rows that exist already",
                         "add backfill to a call, as in on: [insert, backfill], or leave out "
                         "backfill: initial");
  }

  const ScalarPlaces& places_;
  Diagnostics& diagnostics_;
  bool calls_faulty_ = false;
};

}  // namespace

bool MappingDocument::has_glob() const {
  return std::any_of(tables.begin(), tables.end(),
                     [](const TableRef& table) { return table.glob.is_glob(); });
}

MappingFile read_mapping_file(std::string_view text, std::string path, Diagnostics& diagnostics) {
  MappingFile file;
  file.path = path;
  ScalarPlaces places(text);
  for (const YamlNode& node : read_yaml(text, std::move(path), diagnostics)) {
    std::optional<MappingDocument> document = DocumentReader(places, diagnostics).read(node);
    if (document) file.documents.push_back(std::move(*document));
  }
  return file;
}

}  // namespace waltrack
