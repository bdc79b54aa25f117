// What the documentation shows is tried: mappings are compiled and their tests run, mistakes must
// fail with what is shown, commands and flags must be those of the binary, links must lead
// somewhere.
//
// A block of YAML is a whole mapping file. `<!-- told of users.yaml -->` on the line above
// says that something is wrong with it; then the next block is, word for word, what `waltrack
// check` says of such a file.

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>

#include "e2e/e2e_fixture.hpp"
#include "e2e/markdown.hpp"
#include "mapping/columns_lock.hpp"
#include "mapping/mapper.hpp"
#include "mapping/mapping_keys.hpp"
#include "mapping/value_spec.hpp"
#include "workshop/mapping_tests.hpp"
#include "workshop/test_report.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = WALTRACK_SOURCE_DIR;

std::vector<Table> tables_of(const fs::path& lock) {
  Diagnostics diagnostics;
  std::vector<Table> tables = read_columns_lock(read_file(lock), lock.string(), diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.text();
  return tables;
}

// The demo shop's, and some that only the documentation has.
const std::vector<Table>& example_tables() {
  static const std::vector<Table> kTables = [] {
    std::vector<Table> tables = tables_of(kSource / "mappings/columns.lock.json");
    std::vector<Table> more = tables_of(kSource / "docs/example-columns.lock.json");
    tables.insert(tables.end(), more.begin(), more.end());
    return tables;
  }();
  return kTables;
}

// As `waltrack check` prints it.
std::string as_check_tells(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& one : diagnostics.all()) {
    text += one.severity == Severity::error ? "error: " : "warning: ";
    text += one.place.text() + ": " + one.message + "\n";
    if (!one.hint.empty()) text += "  fix: " + one.hint + "\n";
  }
  return text;
}

struct Tried {
  std::string told;      // by check
  std::string failures;  // of tests
  size_t tests = 0;
};

Tried try_mapping(const std::string& yaml, const std::string& name) {
  Tried tried;
  Diagnostics diagnostics;
  std::vector<MappingFile> files{read_mapping_file(yaml, "mappings/" + name, diagnostics)};
  compile_mappings(files, example_tables(), MessageIdentity(0, "", ""), diagnostics);
  if (!diagnostics.has_errors()) {
    const std::vector<FileTests> results =
        run_mapping_tests(files, example_tables(), MissingExpect::fault, diagnostics);
    const TestCount count = count_tests(results);
    tried.tests = count.ran();
    if (count.failed > 0) tried.failures = test_report(results, {});
  }
  tried.told = as_check_tells(diagnostics);
  return tried;
}

// What is wrong with the examples of a Markdown text, or nothing.
std::string faults_of(std::string_view markdown, size_t* tests = nullptr) {
  static constexpr std::string_view kTold = "told of ";
  std::string faults;
  const std::vector<Fence> all = fences(markdown);
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].language != "yaml") continue;
    const bool shown = all[i].note.starts_with(kTold) && i + 1 < all.size();
    const std::string name = shown ? all[i].note.substr(kTold.size()) : "example.yaml";
    const Tried tried = try_mapping(all[i].text, name);
    if (tests != nullptr) *tests += tried.tests;
    const std::string expected = shown ? all[i + 1].text : "";
    if (tried.told == expected && tried.failures.empty()) continue;
    faults += "the example at line " + std::to_string(all[i].line) + ":\n" + tried.told +
              tried.failures + (shown ? "but shown is:\n" + expected : "");
  }
  return faults;
}

std::vector<fs::path> documents() {
  std::vector<fs::path> paths = {kSource / "README.md", kSource / "CONTRIBUTING.md",
                                 kSource / "CHANGELOG.md"};
  for (const auto& entry : fs::directory_iterator(kSource / "docs")) {
    if (entry.path().extension() == ".md") paths.push_back(entry.path());
  }
  return paths;
}

TEST(Docs, EachMappingThatIsShownDoesWhatIsSaid) {
  size_t examples = 0;
  size_t tests = 0;
  for (const fs::path& path : documents()) {
    const std::string text = read_file(path);
    const std::string faults = faults_of(text, &tests);
    EXPECT_TRUE(faults.empty()) << path << "\n" << faults;
    examples += std::ranges::count(fences(text), "yaml", &Fence::language);
  }
  EXPECT_GT(examples, 20U);
  EXPECT_GT(tests, 10U);
}

TEST(Docs, AnExampleThatIsWrongIsFound) {
  const std::string good = "table: users\nuser_id: id\ntrack: { event: Signed Up }\n";
  const auto page = [](const std::string& yaml) { return "```yaml\n" + yaml + "```\n"; };
  EXPECT_EQ(faults_of(page(good)), "");
  EXPECT_NE(faults_of(page(good + "when: emial is null\n")), "");
  EXPECT_NE(faults_of(page("table: users\nuser_id: id\ntrack: { event: signup }\n")), "")
      << "a warning";
  EXPECT_NE(faults_of(page(good + "tests: [{ name: t, insert: { id: 1 }, expect: [] }]\n")), "");
  EXPECT_NE(faults_of("<!-- told of users.yaml -->\n" + page(good) + "```text\nerror: x\n```\n"),
            "");
}

TEST(Docs, EachCommandAndFlagThatIsShownIsThereInTheBinary) {
  const TempDir folder;
  std::map<std::string, CommandResult> help;
  size_t commands = 0;
  for (const fs::path& path : documents()) {
    for (const ShownCommand& shown : shown_commands(read_file(path))) {
      ++commands;
      auto [at, fresh] = help.try_emplace(shown.name);
      std::istringstream names(shown.name);
      std::vector<std::string> asked(std::istream_iterator<std::string>(names), {});
      asked.emplace_back("--help");
      if (fresh) at->second = run_waltrack(asked, folder.path());
      EXPECT_NE(at->second.out.find("Usage: waltrack " + shown.name), std::string::npos)
          << path << ":" << shown.line << ": waltrack " << shown.name;
      for (const std::string& flag : shown.flags) {
        std::istringstream words(std::regex_replace(at->second.out, std::regex("[,=]"), " "));
        const bool known = std::find(std::istream_iterator<std::string>(words), {}, flag) !=
                           std::istream_iterator<std::string>();
        EXPECT_TRUE(known) << path << ":" << shown.line << ": " << shown.name << " " << flag;
      }
    }
  }
  EXPECT_GT(commands, 20U);
}

TEST(Docs, EachLinkLeadsSomewhere) {
  for (const fs::path& path : documents()) {
    for (const Link& link : local_links(read_file(path))) {
      const size_t hash = std::min(link.target.find('#'), link.target.size());
      const fs::path target = hash == 0 ? path : path.parent_path() / link.target.substr(0, hash);
      EXPECT_TRUE(fs::exists(target)) << path << ":" << link.line << ": " << link.target;
      if (hash == link.target.size() || !fs::is_regular_file(target)) continue;
      const std::vector<std::string> anchors = heading_anchors(read_file(target));
      EXPECT_NE(std::ranges::find(anchors, link.target.substr(hash + 1)), anchors.end())
          << path << ":" << link.line << ": " << link.target;
    }
  }
}

TEST(Docs, TheReferenceNamesEachKeyFunctionAndType) {
  const std::string text = read_file(kSource / "docs/mappings.md");
  const auto expect_named = [&](const std::string& word) {
    EXPECT_NE(text.find("`" + word), std::string::npos) << word;
  };
  for (const MappingMap map :
       {MappingMap::document, MappingMap::identify, MappingMap::group, MappingMap::alias,
        MappingMap::track, MappingMap::page, MappingMap::long_value, MappingMap::columns_value,
        MappingMap::test}) {
    for (const std::string& key : mapping_key_names(map))
      expect_named(key);
  }
  for (const std::string& type : key_word_names(KeyShape::type))
    expect_named(type);
  for (const char* own : {"bool(", "now(", "concat(", "split_part(", "contains(", "date_trunc(",
                          "iso8601(", "sha256(", "regexp_extract(", "regexp_replace("})
    expect_named(own);
}

}  // namespace
}  // namespace waltrack
