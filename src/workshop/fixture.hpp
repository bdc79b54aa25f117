#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/yaml_reader.hpp"
#include "mapping/mapping_file.hpp"
#include "model/change.hpp"
#include "workshop/change_draft.hpp"

namespace waltrack {

// One of a document's `tests:`, its shape checked. Views the document.
struct Fixture {
  std::string name;
  SourcePlace place;
  Op op = Op::insert;
  const YamlNode* node = nullptr;    // the whole test
  const YamlNode* before = nullptr;  // update, delete
  const YamlNode* after = nullptr;   // insert, update, backfill; a message's content
  const YamlNode* expect = nullptr;  // nullptr: not there
};

enum class MissingExpect { fault, fine };

// The document's tests, those that have faults left out; all faults go to `diagnostics`.
std::vector<Fixture> read_fixtures(const MappingDocument& document, MissingExpect missing,
                                   Diagnostics& diagnostics);

// Transactions of tests commit at 2026-01-01T00:00:00Z: their outcome must not depend on the day.
inline constexpr int64_t kFixtureTime = 1'767'225'600'000'000;

// The change that a test tells of, in `table`, which must outlive it. Columns that are not named
// are null; in an update's new row they are as in the old one. nullptr when the table does not have
// such a row, which goes to `diagnostics`.
std::unique_ptr<ChangeDraft> draft_change(const Fixture& fixture, const Table& table,
                                          Diagnostics& diagnostics);

}  // namespace waltrack
