#include "cli/app.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/nearest.hpp"
#include "cli/command.hpp"

namespace waltrack {
namespace {

const char* const kIntroduction =
    "Watches a Postgres database and tells Segment what happened in it.\n"
    "Mapping files turn row changes and messages into identify, group, track and other calls.";

const char* const kFooter =
    "Examples:\n"
    "  waltrack init                      look at a database, write first mapping files\n"
    "  waltrack check                     everything that is wrong, at once\n"
    "  waltrack preview users             the events that real rows would make; sends nothing\n"
    "  waltrack test                      run the tests in the mapping files\n"
    "  waltrack run                       stream, until a signal\n"
    "  waltrack backfill users            send what the table holds already, while run runs or "
    "not\n"
    "  waltrack dead list                 what could never be sent; show, replay, drop\n"
    "  waltrack drop                      remove the slot and what else was made\n"
    "  waltrack receive --ndjson out.ndjson\n"
    "                                     a local receiver to look at what would be sent\n"
    "\n"
    "Every command has --help. Exit codes: 0 fine, 1 it failed, 2 wrong usage or configuration.";

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({}))
    names.push_back(command->get_name());
  return names;
}

// CLI11 tells a misspelt command as a missing one.
std::optional<Error> unknown_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* within = &app;
  std::string known;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    const std::vector<std::string> names = command_names(*within);
    if (names.empty()) break;
    if (std::ranges::find(names, argv[i]) == names.end()) {
      return Error(ErrorKind::usage, "there is no command '" + known + argv[i] + "'", {},
                   suggest_name(argv[i], names));
    }
    known.append(argv[i]).append(" ");
    within = within->get_subcommand(argv[i]);
  }
  return std::nullopt;
}

int tell(const Error& error) {
  std::fprintf(stderr, "waltrack: %s\n", error.describe().c_str());
  return error.exit_code();
}

int tell_usage(const CLI::App& app, const CLI::ParseError& parse_error, int argc, char** argv) {
  if (parse_error.get_exit_code() == 0) return app.exit(parse_error);  // --help, --version
  if (const auto error = unknown_command(app, argc, argv)) return tell(*error);
  const std::string command = argc > 1 && argv[1][0] != '-' ? std::string(argv[1]) + " " : "";
  return tell(
      Error(ErrorKind::usage, parse_error.what(), {}, "see `waltrack " + command + "--help`"));
}

}  // namespace

void add_config_option(CLI::App& command, CommonOptions& options) {
  command.add_option("-c,--config", options.config_path, "the configuration file")
      ->capture_default_str();
}

void add_log_options(CLI::App& command, LogOptions& options) {
  command.add_option("--log-format", options.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command.add_option("--log-level", options.level, "the least that is told")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
}

void configure_log(const LogOptions& options) {
  const log::Level level = options.level == "debug"   ? log::Level::debug
                           : options.level == "warn"  ? log::Level::warn
                           : options.level == "error" ? log::Level::error
                                                      : log::Level::info;
  log::configure(options.format == "json" ? log::Format::json : log::Format::text, level);
}

int run_app(int argc, char** argv) {
  CLI::App app(kIntroduction, "waltrack");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("waltrack ") + WALTRACK_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  Action action;
  register_backfill(app, action);
  register_check(app, action);
  register_dead(app, action);
  register_drop(app, action);
  register_init(app, action);
  register_plan(app, action);
  register_preview(app, action);
  register_receive(app, action);
  register_run(app, action);
  register_schema(app, action);
  register_status(app, action);
  register_test(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return tell_usage(app, error, argc, argv);
  }
  try {
    arm_failpoints();
    return action();
  } catch (const Error& error) {
    return tell(error);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "waltrack: %s\n  hint: this is a fault of waltrack; please report it\n",
                 error.what());
    return 1;
  }
}

}  // namespace waltrack
