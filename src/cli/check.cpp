#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/assemble.hpp"
#include "cli/columns_lock_file.hpp"
#include "cli/command.hpp"
#include "cli/load.hpp"
#include "cli/plan_comparison.hpp"
#include "mapping/mapper.hpp"
#include "mapping/mapping_folder.hpp"
#include "postgres/preflight.hpp"
#include "postgres/server_identity.hpp"
#include "state/state_status.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "Tells everything that is wrong, each with its remedy: configuration and mapping files, then "
    "the\n"
    "server, then the mappings against the server's tables. Sends nothing, changes nothing but\n"
    "columns.lock.json beside the mappings, from which they are tested where there is no "
    "database.\n"
    "Exit code 0: fine (warnings may be told); 1: the server needs work; 2: the files do.\n"
    "\n"
    "Examples:\n"
    "  waltrack check\n"
    "  waltrack check --plan plan.json    and where mappings and a tracking plan disagree\n"
    "  waltrack check --json | jq '.findings[] | select(.severity == \"error\")'";

struct Report {
  std::vector<Finding> findings;
  LockOutcome lock = LockOutcome::left_alone;
  bool files_are_wrong = false;
  bool server_is_wrong = false;

  void add(const Diagnostics& diagnostics) {
    for (const Diagnostic& diagnostic : diagnostics.all()) {
      findings.push_back({.severity = diagnostic.severity,
                          .what = diagnostic.message,
                          .where = diagnostic.place.text(),
                          .fix = diagnostic.hint});
    }
    files_are_wrong |= diagnostics.has_errors();
  }
  void add(std::vector<Finding> more) {
    for (Finding& finding : more) {
      server_is_wrong |= finding.severity == Severity::error;
      findings.push_back(std::move(finding));
    }
  }
  int exit_code() const { return files_are_wrong ? 2 : server_is_wrong ? 1 : 0; }
};

// Needs a server that answers; what keeps it from answering is told by check_source() already.
void check_mappings_against_server(const Loaded& loaded, bool may_lock, Report& report) {
  Diagnostics diagnostics;
  try {
    Catalog catalog(loaded.config.source.url);
    catalog.load();
    const std::unique_ptr<Mapper> mapper =
        compile_against(catalog, loaded.mappings, MessageIdentity(0, "", ""), diagnostics);
    if (mapper && !report.server_is_wrong) {
      tell_undelivered(*mapper, source_settings(loaded), diagnostics);
    }
    if (may_lock)
      report.lock = refresh_columns_lock(loaded.config.mappings, loaded.mappings, catalog);
  } catch (const Error&) {
    if (!report.server_is_wrong) throw;
    return;
  }
  report.add(diagnostics);
}

// What would keep `run` from going on where its state file stands.
void check_start(const Loaded& loaded, Report& report) {
  if (!std::filesystem::exists(loaded.config.state)) return;
  std::optional<ServerIdentity> server;
  try {
    server = read_server_identity(loaded.config.source.url);
  } catch (const Error&) {
    if (!report.server_is_wrong) throw;
    return;
  }
  try {
    const StateStatus status = read_state_status(loaded.config.state);
    std::optional<Checkpoint> checkpoint;
    if (status.checkpoint) checkpoint = status.checkpoint->checkpoint;
    start_decision(source_settings(loaded), *server, status.source, checkpoint, status.path);
  } catch (const Error& error) {
    report.add({{.severity = Severity::error,
                 .what = error.what(),
                 .where = error.where(),
                 .fix = error.hint()}});
  }
}

// Tables that only a glob names; without a server there are none, which is told elsewhere.
void add_matches_of_globs(const Loaded& loaded, SourceSettings& settings) {
  if (settings.followed.globs.empty()) return;
  try {
    Catalog catalog(settings.url);
    catalog.load();
    settings.followed = followed(loaded.mappings, catalog.tables());
  } catch (const Error&) {
    return;
  }
}

Report check_everything(const std::string& config_path, bool may_lock,
                        const std::string& plan_path) {
  Report report;
  Diagnostics diagnostics;
  const Loaded loaded = read_files(config_path, diagnostics);
  report.add(diagnostics);
  if (!plan_path.empty()) report.add(compare_with_plan(loaded, plan_path));
  if (loaded.config.source.url.empty()) return report;
  SourceSettings settings = source_settings(loaded);
  add_matches_of_globs(loaded, settings);
  report.add(check_source(settings));
  check_mappings_against_server(loaded, may_lock && !report.files_are_wrong, report);
  check_start(loaded, report);
  return report;
}

void print(const Report& report) {
  for (const Finding& finding : report.findings) {
    std::printf("%s: %s%s%s\n", finding.severity == Severity::error ? "error" : "warning",
                finding.where.c_str(), finding.where.empty() ? "" : ": ", finding.what.c_str());
    if (finding.fix.empty()) continue;
    std::string fix = finding.fix;
    for (size_t at = 0; (at = fix.find('\n', at)) != std::string::npos; at += 8) {
      fix.replace(at, 1, "\n       ");
    }
    std::printf("  fix: %s\n", fix.c_str());
  }
  if (report.findings.empty()) std::printf("everything is fine\n");
  if (const char* said = describe(report.lock); *said != '\0') std::printf("%s\n", said);
}

void print_json(const Report& report) {
  nlohmann::ordered_json json = {{"ok", report.exit_code() == 0},
                                 {"columns_lock", outcome_name(report.lock)},
                                 {"findings", nlohmann::ordered_json::array()}};
  for (const Finding& finding : report.findings) {
    json["findings"].push_back(
        {{"severity", finding.severity == Severity::error ? "error" : "warning"},
         {"what", finding.what},
         {"where", finding.where},
         {"fix", finding.fix}});
  }
  std::printf("%s\n", json.dump(2).c_str());
}

}  // namespace

void register_check(CLI::App& app, Action& action) {
  auto options = std::make_shared<CommonOptions>();
  auto no_lock = std::make_shared<bool>(false);
  auto plan = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("check", "everything that is wrong, at once, each with its remedy");
  command->footer(kExamples);
  add_config_option(*command, *options);
  command->add_flag("--json", options->json, "print JSON");
  command->add_flag("--no-lock", *no_lock, "leave columns.lock.json as it is");
  command->add_option("--plan", *plan, "a Segment tracking plan to compare the mappings with");
  command->callback([&action, options, no_lock, plan] {
    action = [options, no_lock, plan] {
      const Report report = check_everything(options->config_path, !*no_lock, *plan);
      if (options->json) {
        print_json(report);
      } else {
        print(report);
      }
      return report.exit_code();
    };
  });
}

}  // namespace waltrack
