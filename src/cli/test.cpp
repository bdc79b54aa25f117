#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>

#include "base/error.hpp"
#include "base/replace_file.hpp"
#include "cli/command.hpp"
#include "cli/load.hpp"
#include "cli/offline.hpp"
#include "cli/terminal.hpp"
#include "mapping/mapping_folder.hpp"
#include "workshop/expectation_text.hpp"
#include "workshop/mapping_tests.hpp"
#include "workshop/test_report.hpp"

namespace waltrack {
namespace {

namespace fs = std::filesystem;

const char* const kExamples =
    "Runs the `tests:` of the mapping files: each makes a row, and names the events that must "
    "come\n"
    "of it. Without a database: the columns are those of columns.lock.json beside the mapping "
    "files,\n"
    "which `waltrack check` keeps up to date. Of the configuration only `mappings` is read.\n"
    "Exit code 0: all passed; 1: some failed, or there is no test at all; 2: the files are wrong.\n"
    "\n"
    "Examples:\n"
    "  waltrack test\n"
    "  waltrack test mappings/users.yaml\n"
    "  waltrack test --update                 write what is made into the tests that fail\n"
    "  waltrack test --json | jq '.tests[] | select(.passed | not)'";

struct TestOptions {
  CommonOptions common;
  std::vector<std::string> files;
  std::string folder;
  bool update = false;
  bool none_is_fine = false;
};

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in.is_open() || in.bad() || !fs::is_regular_file(path)) {
    throw Error(ErrorKind::usage, "cannot read this file", path.string());
  }
  return std::move(text).str();
}

// Without a configuration file: mappings/ where we are. One that is named has to be there.
std::string mappings_folder(const TestOptions& options, bool config_is_named) {
  if (!options.folder.empty()) return options.folder;
  if (!config_is_named && !fs::exists(options.common.config_path)) return "mappings/";
  return load_mappings_path(options.common.config_path);
}

void add_errors(const Diagnostics& found, Diagnostics& diagnostics) {
  for (const Diagnostic& one : found.all()) {
    if (one.severity == Severity::error) diagnostics.add(one);
  }
}

// Mapping files of one folder, and their tests' results.
struct Tested {
  std::vector<MappingFile> mappings;
  std::vector<FileTests> results;
};

Tested test_files(const fs::path& folder, std::vector<MappingFile> mappings,
                  const TestOptions& options, Diagnostics& diagnostics) {
  Tested tested;
  tested.mappings = std::move(mappings);
  std::optional<std::vector<Table>> tables = load_columns_lock(folder.string(), diagnostics);
  if (!tables) return tested;
  tested.results =
      run_mapping_tests(tested.mappings, *std::move(tables),
                        options.update ? MissingExpect::fine : MissingExpect::fault, diagnostics);
  return tested;
}

// By their folders: each has its own columns.lock.json. What is wrong goes to `diagnostics`.
std::map<fs::path, std::vector<MappingFile>> read_mappings(const TestOptions& options,
                                                           bool config_is_named,
                                                           Diagnostics& diagnostics) {
  std::map<fs::path, std::vector<MappingFile>> by_folder;
  Diagnostics found;
  if (options.files.empty()) {
    const fs::path folder = mappings_folder(options, config_is_named);
    std::vector<MappingFile> mappings = read_mapping_folder(folder, found);
    if (!mappings.empty()) by_folder[folder] = std::move(mappings);
  }
  for (const std::string& file : options.files) {
    const fs::path folder =
        options.folder.empty() ? fs::path(file).parent_path() : fs::path(options.folder);
    by_folder[folder].push_back(read_mapping_file(text_of(file), file, found));
  }
  add_errors(found, diagnostics);
  return by_folder;
}

std::vector<Tested> test_all(const TestOptions& options, bool config_is_named) {
  Diagnostics diagnostics;
  std::vector<Tested> tested;
  for (auto& [folder, mappings] : read_mappings(options, config_is_named, diagnostics))
    tested.push_back(test_files(folder, std::move(mappings), options, diagnostics));
  tell(diagnostics, "the mappings and their tests");
  return tested;
}

// Writes what was made into the tests that fail; true when all could be written.
bool update(const std::vector<Tested>& tested) {
  Diagnostics refused;
  size_t written = 0;
  for (const Tested& one : tested) {
    for (const FileTests& file : one.results) {
      if (file.failed() == 0) continue;
      const std::string text = text_of(file.path);
      const UpdatedFile updated = update_expectations(text, file, refused);
      if (updated.written == 0) continue;
      if (!replace_file(file.path, updated.text)) {
        throw Error(ErrorKind::failure, "cannot write this file", file.path);
      }
      std::printf("%s: wrote %zu %s\n", file.path.c_str(), updated.written,
                  updated.written == 1 ? "expectation" : "expectations");
      written += updated.written;
    }
  }
  std::fputs(refused.text().c_str(), stderr);
  if (written == 0 && !refused.has_errors()) std::printf("every test passes: nothing to write\n");
  return !refused.has_errors();
}

// A CI job that tests nothing must not look like one that found nothing.
void refuse_no_tests(const std::vector<FileTests>& results, const TestOptions& options) {
  if (options.none_is_fine || count_tests(results).ran() > 0) return;
  throw Error(ErrorKind::failure, "there is no test in these mapping files: nothing was tested", {},
              "write one below `tests:`, see `waltrack test --help`; --allow-none when that is "
              "meant");
}

int run_test(const TestOptions& options, bool config_is_named) {
  const std::vector<Tested> tested = test_all(options, config_is_named);
  std::vector<FileTests> results;
  for (const Tested& one : tested)
    results.insert(results.end(), one.results.begin(), one.results.end());
  if (options.common.json) {
    std::printf("%s\n", test_report_json(results).dump(2).c_str());
  } else if (!options.update) {
    std::fputs(test_report(results, terminal_look()).c_str(), stdout);
  }
  refuse_no_tests(results, options);
  if (options.update) return update(tested) ? 0 : 1;
  return count_tests(results).failed == 0 ? 0 : 1;
}

}  // namespace

void register_test(CLI::App& app, Action& action) {
  auto options = std::make_shared<TestOptions>();
  CLI::App* command = app.add_subcommand("test", "run the tests in the mapping files");
  command->footer(kExamples);
  CLI::Option* config =
      command->add_option("-c,--config", options->common.config_path, "the configuration file")
          ->capture_default_str();
  command->add_option("--mappings", options->folder,
                      "the folder of the mapping files, whatever the configuration says");
  command->add_option("FILES", options->files, "these mapping files only");
  auto* json = command->add_flag("--json", options->common.json, "print JSON");
  command->add_flag("--update", options->update, "write the actual events into tests that fail")
      ->excludes(json);
  command->add_flag("--allow-none", options->none_is_fine, "no test at all is fine, too");
  command->callback([&action, options, config] {
    const bool config_is_named = config->count() > 0;
    action = [options, config_is_named] { return run_test(*options, config_is_named); };
  });
}

}  // namespace waltrack
