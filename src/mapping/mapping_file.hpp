#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/value_spec.hpp"
#include "model/change.hpp"

namespace waltrack {

// Mapping files as people wrote them: shape and keys are checked, expressions and names are not
// looked at (rule_compiler.hpp does that, with the database's columns at hand).

// Reads a table's name as a mapping gives it. Without a schema it is `public`'s: the session's
// search_path plays no part. Case counts; odd names stand in SQL's double quotes:
// "Odd Schema"."Order".
std::optional<TableName> parse_table_name(std::string_view text);

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

enum class CallType : uint8_t { identify, track };

struct CallSpec {
  CallType type = CallType::identify;
  SourcePlace place;
  std::string event;    // track
  std::string rule_id;  // its `id:`, else "identify" or "track/<event>"
  OpSet ops;
  CallSettings settings;
  std::optional<ValueSpec> body;  // traits or properties

  std::string_view body_key() const { return type == CallType::identify ? "traits" : "properties"; }
};

// One YAML document: what is told of one table's rows.
struct TableMapping {
  SourcePlace place;        // of the document
  SourcePlace table_place;  // of the table's name
  TableName table;
  CallSettings defaults;
  std::vector<CallSpec> calls;  // in the order in which they run
};

struct MappingFile {
  std::string path;
  std::vector<TableMapping> tables;
};

// Reads the text of one mapping file; `path` is how messages name it. All faults go to
// `diagnostics`; documents that name no table are left out of the result.
MappingFile read_mapping_file(std::string_view text, std::string path, Diagnostics& diagnostics);

}  // namespace waltrack
