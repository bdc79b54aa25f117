// How long it takes to read and compile 200 mapping files with 1,000 rules, as a start or a reload
// does once it has the tables' columns.

#include <benchmark/benchmark.h>
#include <memory>
#include <string>
#include <vector>

#include "mapping/mapper.hpp"
#include "mapping/test_change.hpp"

namespace waltrack {
namespace {

constexpr int kFiles = 200;
constexpr int kRulesPerFile = 5;

std::string table_name(int file) {
  return "table_" + std::to_string(file);
}

// Five rules, of one condition and four values each, two of them expressions.
std::string mapping_text(int file) {
  std::string text = "table: " + table_name(file) + "\nuser_id: id\nwhen: is_test is not true\n";
  text +=
      "identify:\n  traits: { email: lower(email), plan: plan, seats: seats, paying: plan <> "
      "'free' }\ntrack:\n";
  for (int rule = 1; rule < kRulesPerFile; ++rule) {
    text += "  - event: Thing " + std::to_string(rule) +
            " Changed\n    on: update\n    when: changed.plan and plan is distinct from 'trial'\n"
            "    properties:\n      from: old.plan\n      to: plan\n      total: seats * fee\n"
            "      name: coalesce(name, 'unknown')\n";
  }
  return text;
}

void load_200_files_of_1000_rules(benchmark::State& state) {
  std::vector<Table> catalog;
  std::vector<std::string> texts;
  for (int file = 0; file < kFiles; ++file) {
    Table table = users_table(ReplicaIdentity::full);
    table.name = table_name(file);
    catalog.push_back(std::move(table));
    texts.push_back(mapping_text(file));
  }
  const MessageIdentity identity(7, "shop", "bench");
  for (auto _ : state) {
    Diagnostics diagnostics;
    std::vector<MappingFile> files;
    for (int file = 0; file < kFiles; ++file) {
      files.push_back(
          read_mapping_file(texts[static_cast<size_t>(file)], table_name(file), diagnostics));
    }
    const auto mapper = compile_mappings(files, catalog, identity, diagnostics);
    if (!mapper || mapper->rules().size() != kFiles * kRulesPerFile) {
      state.SkipWithError(diagnostics.text().c_str());
      return;
    }
  }
}

BENCHMARK(load_200_files_of_1000_rules)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace waltrack
