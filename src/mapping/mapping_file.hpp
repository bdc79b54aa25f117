#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/yaml_reader.hpp"
#include "mapping/call_spec.hpp"
#include "model/table_glob.hpp"

namespace waltrack {

// Mapping files as people wrote them: shape and keys are checked, expressions and names are not
// looked at (rule_compiler.hpp does that, with the database's columns at hand).

// A `table:` as it is written.
struct TableRef {
  TableGlob glob;
  SourcePlace place;
};

// Whether the rows that exist already are told of when a table is first tracked.
enum class InitialBackfill : uint8_t {
  unsaid,  // not, unless another document of the table asks for it
  initial,
  never,  // not, whatever other documents say
};

// One YAML document: what is told of some tables' rows, or of an application's messages.
struct MappingDocument {
  SourcePlace place;
  std::vector<TableRef> tables;  // empty for messages
  std::string message;           // the prefix; empty for tables
  bool enabled = true;
  bool shadow = false;
  InitialBackfill backfill = InitialBackfill::unsaid;
  CallSettings defaults;
  std::vector<std::string> acknowledged;  // acknowledge_pii
  std::vector<CallSpec> calls;            // in the order in which they run
  std::optional<YamlNode> tests;          // as they stand: workshop/ reads them

  bool is_message() const { return !message.empty(); }
  bool has_glob() const;
};

struct MappingFile {
  std::string path;
  std::vector<MappingDocument> documents;
};

// Reads the text of one mapping file; `path` is how messages name it. All faults go to
// `diagnostics`; documents that name neither table nor message are left out of the result.
MappingFile read_mapping_file(std::string_view text, std::string path, Diagnostics& diagnostics);

}  // namespace waltrack
