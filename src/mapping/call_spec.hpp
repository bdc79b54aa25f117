#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"
#include "mapping/value_spec.hpp"
#include "model/change.hpp"

namespace waltrack {

// The kinds of row changes that a rule hears of.
class OpSet {
 public:
  OpSet() = default;
  OpSet(std::initializer_list<Op> ops) {
    for (Op op : ops)
      add(op);
  }
  void add(Op op) { bits_ |= bit(op); }
  bool has(Op op) const { return (bits_ & bit(op)) != 0; }
  bool empty() const { return bits_ == 0; }

 private:
  static uint8_t bit(Op op) { return static_cast<uint8_t>(1U << static_cast<unsigned>(op)); }
  uint8_t bits_ = 0;
};

// What a document sets for all its calls, and a call for itself.
struct CallSettings {
  std::optional<ValueSpec> user_id;
  std::optional<ValueSpec> anonymous_id;
  std::optional<ValueSpec> timestamp;
  std::optional<ValueSpec> when;
  std::optional<ValueSpec> context;       // an object
  std::optional<ValueSpec> integrations;  // an object
};

enum class CallType : uint8_t { identify, group, alias, track, page, screen };

std::string_view call_name(CallType type);  // "identify", …: Segment's word and ours

// One call as a person wrote it: shape and keys are checked, expressions and names are not.
struct CallSpec {
  CallType type = CallType::identify;
  SourcePlace place;
  std::string rule_id;  // its `id:`, else "identify", "track/<event>", …
  bool shadow = false;
  bool only_changed = false;  // identify, group
  OpSet ops;
  bool names_ops = false;  // it has an `on:`
  CallSettings settings;
  std::optional<ValueSpec> name;         // track's event; a page's or screen's name
  std::optional<ValueSpec> category;     // page, screen
  std::optional<ValueSpec> group_id;     // group
  std::optional<ValueSpec> previous_id;  // alias
  std::optional<ValueSpec> body;         // traits or properties

  // "traits", "properties", or nothing for an alias, which has no body.
  std::string_view body_key() const;
};

// Reads a call (a map) of a table's or of a message's document. Faults go to `diagnostics`; what
// could be read is returned. Nothing for a call that is not enabled.
std::optional<CallSpec> read_call(CallType type, const YamlNode& node, bool of_message,
                                  const ScalarPlaces& places, Diagnostics& diagnostics);

// Reads the keys that a document and its calls share.
CallSettings read_settings(const YamlNode& node, const ScalarPlaces& places,
                           Diagnostics& diagnostics);

// `true` or `false` behind a key of `node`, or `otherwise`; nothing else is a switch.
bool read_switch(const YamlNode& node, std::string_view key, bool otherwise,
                 Diagnostics& diagnostics);

// A text that is not empty behind a key of `node`, or "" when it is not there or faulty.
// `meaning` completes "<key> takes …".
std::string read_text(const YamlNode& node, std::string_view key, std::string_view meaning,
                      Diagnostics& diagnostics);

}  // namespace waltrack
