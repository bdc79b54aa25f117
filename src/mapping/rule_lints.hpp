#pragma once

#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/compiled_rule.hpp"
#include "mapping/mapping_file.hpp"
#include "mapping/value_compiler.hpp"
#include "model/table.hpp"

namespace waltrack {

// One rule without faults, as its lints look at it.
struct LintedRule {
  const MappingDocument& document;
  const CallSpec& call;
  const CompiledRule& rule;
  const Table& table;
  const std::vector<ColumnRead>& sent;  // what its event reads, `when` left out
};

// Tells what SQL and shape cannot: event names that are no "Object Action", names that the row
// decides, reserved traits and properties of another type than destinations expect, ids that may
// be missing or not unique, existing rows that come without their time or never, personal data that
// looks accidental, all as warnings; and secrets (passwords, tokens, card and social security
// numbers) that the document does not acknowledge, as errors.
void lint_rule(const LintedRule& linted, Diagnostics& diagnostics);

// Tells columns in `acknowledge_pii` that the table does not have.
void lint_acknowledged(const MappingDocument& document, const Table& table,
                       Diagnostics& diagnostics);

}  // namespace waltrack
