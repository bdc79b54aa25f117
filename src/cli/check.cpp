#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <unistd.h>

#include "base/clock.hpp"
#include "cli/assemble.hpp"
#include "cli/check_report.hpp"
#include "cli/columns_lock_file.hpp"
#include "cli/command.hpp"
#include "cli/load.hpp"
#include "cli/plan_comparison.hpp"
#include "cli/settle_start.hpp"
#include "mapping/mapper.hpp"
#include "mapping/mapping_folder.hpp"
#include "mapping/value_compiler.hpp"
#include "postgres/preflight.hpp"
#include "postgres/preflight_tables.hpp"
#include "postgres/server_identity.hpp"
#include "postgres/standby.hpp"
#include "segment/destination_probe.hpp"
#include "state/state_status.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "Tells everything that is wrong, each with its remedy: configuration and mapping files, then "
    "the\n"
    "server, then the mappings against the server's tables, then the receiver, which gets one "
    "batch\n"
    "without an event. Changes nothing but columns.lock.json beside the mappings, from which they "
    "are\n"
    "tested where there is no database.\n"
    "Exit code 0: fine (warnings may be told); 1: the server or the receiver needs work; 2: the "
    "files do.\n"
    "\n"
    "Examples:\n"
    "  waltrack check\n"
    "  waltrack check --offline           asks the database, but sends nothing to the receiver\n"
    "  waltrack check --fix-sql | psql \"$ADMIN_URL\" -v ON_ERROR_STOP=1\n"
    "  waltrack check --plan plan.json    and where mappings and a tracking plan disagree\n"
    "  waltrack check --json | jq '.findings[] | select(.severity == \"error\") | .code'";

struct CheckOptions {
  CommonOptions common;
  std::string plan;
  bool no_lock = false;
  bool offline = false;
  bool fix_sql = false;
};

// A partition's rows go by its own replica identity, and a change of its root's does not reach it.
void add_partitions(const SourceSettings& settings, Diagnostics& diagnostics) {
  PgConnection connection = PgConnection::open(settings.url, PgMode::plain);
  for (const TableName& table : partitioned_tables(connection, settings.followed.tables)) {
    Table root;
    root.schema = table.schema;
    root.name = table.name;
    const std::string of_root = full_identity_sql(root);
    for (size_t i = 0; i < diagnostics.all().size(); ++i) {
      const std::vector<std::string>& sql = diagnostics.all()[i].sql;
      if (std::find(sql.begin(), sql.end(), of_root) == sql.end()) continue;
      diagnostics.add_sql(i, full_identity_of_partitions(connection, table));
    }
  }
}

// Needs a server that answers; what keeps it from answering is told by check_source() already.
void check_mappings_against_server(const Loaded& loaded, const SourceSettings& settings,
                                   bool may_lock, CheckReport& report) {
  Diagnostics diagnostics;
  try {
    Catalog catalog(loaded.config.source.url);
    catalog.load();
    const std::unique_ptr<Mapper> mapper =
        compile_against(catalog, loaded.mappings, MessageIdentity(0, "", ""), diagnostics);
    if (mapper && !report.source_is_wrong()) {
      tell_undelivered(*mapper, source_settings(loaded), diagnostics);
    }
    if (may_lock)
      report.set_lock(refresh_columns_lock(loaded.config.mappings, loaded.mappings, catalog));
    add_partitions(settings, diagnostics);
  } catch (const Error&) {
    if (!report.source_is_wrong()) throw;
    return;
  }
  report.add(diagnostics);
}

void check_state_file(const std::string& path, CheckReport& report) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path folder = fs::absolute(path, failed).parent_path();
  if (!fs::is_directory(folder, failed)) {
    report.add("state_file", Error(ErrorKind::failure, "the state file's folder is not there", path,
                                   "mkdir -p " + folder.string()));
  } else if (access(folder.c_str(), W_OK | X_OK) != 0 ||
             (fs::exists(path, failed) && access(path.c_str(), R_OK | W_OK) != 0)) {
    report.add("state_file",
               Error(ErrorKind::failure,
                     "the state file can't be written by this user (SQLite writes files beside it, "
                     "too)",
                     path, "let the user that runs waltrack own " + folder.string()));
  }
}

// What would keep `run` from going on where its state file stands.
void check_start(const Loaded& loaded, CheckReport& report) {
  check_state_file(loaded.config.state, report);
  if (!std::filesystem::exists(loaded.config.state)) return;
  std::optional<ServerIdentity> server;
  try {
    server = read_server_identity(loaded.config.source.url);
  } catch (const Error&) {
    if (!report.source_is_wrong()) throw;
    return;
  }
  try {
    const StateStatus status = read_state_status(loaded.config.state);
    std::optional<Checkpoint> checkpoint;
    if (status.checkpoint) checkpoint = status.checkpoint->checkpoint;
    // Who reads the slot is the run of this very state file.
    if (status.running) report.take_back("slot_active");
    start_decision(source_settings(loaded), *server, status.source, checkpoint, status.path);
  } catch (const Error& error) {
    report.add("start", error);
  }
}

const char* code_of(DestinationProbe::Answer answer) {
  switch (answer) {
    case DestinationProbe::Answer::wrong_key:
      return "destination_key";
    case DestinationProbe::Answer::wrong_address:
      return "destination_url";
    case DestinationProbe::Answer::busy:
      return "destination_busy";
    case DestinationProbe::Answer::unreachable:
    case DestinationProbe::Answer::fine:
      break;
  }
  return "destination_unreachable";
}

void check_destination(const Config::Destination& destination, CheckReport& report) {
  if (destination.url.empty() || destination.write_key.empty()) return;
  SegmentSettings settings;
  settings.url = destination.url;
  settings.write_key = destination.write_key;
  const SystemClock clock;
  try {
    const DestinationProbe probe = probe_destination(std::move(settings), clock);
    if (probe.answer == DestinationProbe::Answer::fine) return;
    const bool busy = probe.answer == DestinationProbe::Answer::busy;
    const bool away = probe.answer == DestinationProbe::Answer::unreachable;
    std::string what = away ? probe.reason : "the receiver answers " + probe.reason;
    if (!probe.said.empty()) what += ": " + probe.said;
    std::string fix = probe.hint;
    if (busy) fix = "nothing, if it passes: `waltrack run` waits and tries again";
    if (away) {
      fix =
          "check destination.url, and that this machine may reach it (DNS, proxy, firewall); "
          "--offline leaves this question out";
    }
    report.add({{busy ? Severity::warning : Severity::error, code_of(probe.answer), what,
                 "destination", fix_by_text(fix)}});
  } catch (const Error& error) {
    report.add("destination_url", error);
  }
}

// Tables that only a glob names; without a server there are none, which is told elsewhere.
void look_around(const Loaded& loaded, SourceSettings& settings, CheckReport& report) {
  try {
    Catalog catalog(settings.url);
    catalog.load();
    settings.followed = followed(loaded.mappings, catalog.tables());
    PgConnection source = PgConnection::open(settings.url, PgMode::plain);
    report.set_source(source.context().where, source.database(), source.role(), is_standby(source));
  } catch (const Error&) {
    return;
  }
}

CheckReport check_everything(const CheckOptions& options) {
  CheckReport report;
  Diagnostics diagnostics;
  const Loaded loaded = read_files(options.common.config_path, diagnostics);
  report.add(diagnostics);
  if (!options.plan.empty()) report.add(compare_with_plan(loaded, options.plan));
  if (!loaded.config.source.url.empty()) {
    SourceSettings settings = source_settings(loaded);
    look_around(loaded, settings, report);
    const bool may_lock = !options.no_lock && !report.files_are_wrong();
    report.add(check_source(settings, SystemClock()));
    check_mappings_against_server(loaded, settings, may_lock, report);
    check_start(loaded, report);
  }
  if (!options.offline) check_destination(loaded.config.destination, report);
  return report;
}

}  // namespace

void register_check(CLI::App& app, Action& action) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command =
      app.add_subcommand("check", "everything that is wrong, at once, each with its remedy");
  command->footer(kExamples);
  add_config_option(*command, options->common);
  CLI::Option* json = command->add_flag("--json", options->common.json, "print JSON");
  command
      ->add_flag("--fix-sql", options->fix_sql,
                 "print one script for psql with what SQL can mend, and nothing else")
      ->excludes(json);
  command->add_flag("--offline", options->offline, "send no request to the receiver");
  command->add_flag("--no-lock", options->no_lock, "leave columns.lock.json as it is");
  command->add_option("--plan", options->plan,
                      "a Segment tracking plan to compare the mappings with");
  command->callback([&action, options] {
    action = [options] {
      const CheckReport report = check_everything(*options);
      if (options->fix_sql) {
        report.print_fix_sql();
      } else if (options->common.json) {
        report.print_json();
      } else {
        report.print();
      }
      return report.exit_code();
    };
  });
}

}  // namespace waltrack
