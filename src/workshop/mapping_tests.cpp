#include "workshop/mapping_tests.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <set>
#include <utility>

#include "base/nearest.hpp"
#include "mapping/columns_lock.hpp"
#include "mapping/mapper.hpp"
#include "workshop/collected_events.hpp"
#include "workshop/literal_json.hpp"

namespace waltrack {
namespace {

class TestRunner {
 public:
  TestRunner(const std::vector<MappingFile>& files, std::vector<Table> lock, MissingExpect missing,
             Diagnostics& diagnostics)
      : files_(files), missing_(missing), diagnostics_(diagnostics) {
    for (Table& table : lock)
      adopt(std::move(table));
    lock_ = {tables_.begin(), tables_.end()};
  }

  std::vector<FileTests> run() {
    find_subjects();
    compile();
    std::vector<FileTests> results;
    for (const MappingFile& file : files_) {
      FileTests& tests = results.emplace_back();
      tests.path = file.path;
      for (const MappingDocument& document : file.documents)
        run_document(document, tests);
    }
    if (diagnostics_.has_errors()) results.clear();
    return results;
  }

 private:
  using Subjects = std::vector<const Table*>;

  const Table* adopt(Table table) {
    table.id = static_cast<uint32_t>(tables_.size() + 1);
    return &tables_.emplace_back(std::move(table));
  }

  // The tables that each document is about. One that lacks a table is not compiled: it would be
  // said again there, in other words.
  void find_subjects() {
    for (const MappingFile& file : files_) {
      MappingFile& known = known_.emplace_back(MappingFile{file.path, {}});
      for (const MappingDocument& document : file.documents) {
        if (!document.enabled) continue;
        const int errors = diagnostics_.error_count();
        Subjects& subjects = subjects_.emplace_back(&document, Subjects()).second;
        if (document.is_message()) {
          subjects.push_back(adopt(message_table(document.message)));
        } else {
          find_tables(document, subjects);
        }
        if (errors == diagnostics_.error_count()) known.documents.push_back(document);
      }
    }
  }

  void find_tables(const MappingDocument& document, Subjects& subjects) {
    for (const TableRef& wanted : document.tables) {
      bool any = false;
      for (const Table& table : tables_) {
        if (table.is_message() || !wanted.glob.matches({table.schema, table.name})) continue;
        any = true;
        if (std::ranges::find(subjects, &table) == subjects.end()) subjects.push_back(&table);
      }
      if (any || (wanted.glob.is_glob() && !document.tests)) continue;
      std::vector<std::string> names;
      for (const Table& table : lock_)
        names.push_back(table.full_name());
      const auto near = nearest_name(wanted.glob.full_name(), names);
      diagnostics_.error(
          wanted.place,
          std::string(kColumnsLockName) + " has no table '" + wanted.glob.full_name() + "'",
          (near ? "did you mean '" + *near + "'? Else " : std::string()) +
              "`waltrack check` writes the columns of all mapped tables to it");
    }
  }

  void compile() {
    Diagnostics found;
    mapper_ = compile_mappings(known_, lock_, MessageIdentity(0, "", ""), found);
    for (const Diagnostic& one : found.all()) {
      if (one.severity == Severity::error) diagnostics_.add(one);
    }
  }

  void run_document(const MappingDocument& document, FileTests& tests) {
    const std::vector<Fixture> fixtures = read_fixtures(document, missing_, diagnostics_);
    if (!document.enabled) {
      tests.switched_off += fixtures.size();
      return;
    }
    std::set<std::string> own_rules;
    for (const CallSpec& call : document.calls)
      own_rules.insert(call.place.text());
    const auto subjects =
        std::ranges::find(subjects_, &document, [](auto& one) { return one.first; });
    for (const Fixture& fixture : fixtures) {
      for (const Table* table : subjects->second) {
        const auto draft = draft_change(fixture, *table, diagnostics_);
        if (draft == nullptr) break;  // other tables would only say it again
        if (mapper_) tests.results.push_back(run_fixture(fixture, *table, *draft, own_rules));
      }
    }
  }

  TestResult run_fixture(const Fixture& fixture, const Table& table, const ChangeDraft& draft,
                         const std::set<std::string>& own_rules) {
    TestResult result{.fixture = fixture, .table = table.full_name()};
    CollectedEvents collected;
    mapper_->map(draft.transaction(), draft.change(), collected);
    for (const RuleOutcome& outcome : collected.outcomes()) {
      if (!own_rules.contains(outcome.rule->place.text())) continue;
      switch (outcome.kind) {
        case RuleOutcome::Kind::event:
          result.actual.push_back(outcome.event);
          break;
        case RuleOutcome::Kind::dead_letter:
          result.actual.push_back({{"dead_letter", outcome.reason},
                                   {"rule", outcome.rule->id},
                                   {"detail", outcome.detail}});
          break;
        case RuleOutcome::Kind::silent:
          result.silent.push_back({outcome.rule->id, outcome.silence});
          break;
      }
    }
    if (fixture.expect != nullptr) {
      for (const YamlNode& event : fixture.expect->items)
        result.expected.push_back(literal_json(event));
    }
    result.pairs = match_events(result.expected, result.actual, Compare::named);
    return result;
  }

  const std::vector<MappingFile>& files_;
  const MissingExpect missing_;
  Diagnostics& diagnostics_;
  std::deque<Table> tables_;  // their addresses and ids stay
  std::vector<Table> lock_;
  std::vector<MappingFile> known_;
  std::vector<std::pair<const MappingDocument*, Subjects>> subjects_;
  std::unique_ptr<Mapper> mapper_;
};

}  // namespace

bool TestResult::passed() const {
  return fixture.expect != nullptr && std::ranges::all_of(pairs, &EventPair::is_same);
}

size_t FileTests::failed() const {
  return static_cast<size_t>(
      std::ranges::count_if(results, [](const TestResult& result) { return !result.passed(); }));
}

std::vector<FileTests> run_mapping_tests(const std::vector<MappingFile>& files,
                                         std::vector<Table> lock, MissingExpect missing,
                                         Diagnostics& diagnostics) {
  return TestRunner(files, std::move(lock), missing, diagnostics).run();
}

}  // namespace waltrack
