#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "mapping/mapping_file.hpp"
#include "model/event_sink.hpp"
#include "model/table.hpp"
#include "workshop/event_match.hpp"
#include "workshop/fixture.hpp"

namespace waltrack {

// What a test gave for one table.
struct TestResult {
  struct SilentRule {
    std::string rule;
    Silence why = Silence::other_change;
  };

  Fixture fixture;
  std::string table;  // full name
  std::vector<EventJson> expected = {};
  std::vector<EventJson> actual =
      {};  // a rejected row: { dead_letter: REASON, rule: ID, detail: … }
  std::vector<EventPair> pairs = {};  // before: expected, after: actual
  std::vector<SilentRule> silent = {};

  bool passed() const;
};

struct FileTests {
  std::string path;
  std::vector<TestResult> results;  // of a test over several tables, one for each
  size_t switched_off = 0;          // tests of documents with `enabled: false`

  size_t failed() const;
};

// Runs the tests of mapping files against the tables of columns.lock.json, with the real mapper. A
// test of a document over several tables runs against each. It sees the events of its own
// document's rules, whatever others make of the same row. What is wrong in the files, all of it,
// goes to `diagnostics`, and then nothing is run. The results view `files`.
std::vector<FileTests> run_mapping_tests(const std::vector<MappingFile>& files,
                                         std::vector<Table> lock, MissingExpect missing,
                                         Diagnostics& diagnostics);

}  // namespace waltrack
