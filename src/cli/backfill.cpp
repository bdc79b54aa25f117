#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cli/assemble.hpp"
#include "cli/backfill_control.hpp"
#include "cli/backfill_follower.hpp"
#include "cli/backfill_order.hpp"
#include "cli/backfill_status.hpp"
#include "cli/backfill_text.hpp"
#include "cli/command.hpp"
#include "cli/load.hpp"
#include "cli/stop_signal.hpp"
#include "cli/terminal.hpp"
#include "state/backfill_requests.hpp"
#include "state/state_status.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "Sends what the mappings make of rows that are in the tables already, woven into the stream "
    "of\n"
    "changes: nothing is told twice under two ids, and nothing that is old. The `waltrack run` "
    "that has\n"
    "the state file open does it; where there is none this command streams by itself until it is\n"
    "done. It can be stopped at any time and goes on where it was. The source is only read.\n"
    "\n"
    "Examples:\n"
    "  waltrack backfill users orders\n"
    "  waltrack backfill orders --since created_at=2026-01-01 --where \"status <> 'draft'\"\n"
    "  waltrack backfill orders --rate 500 --detach    slowly, and the terminal is free\n"
    "  waltrack backfill --status\n"
    "  waltrack backfill --pause orders                --resume goes on, --cancel gives up\n"
    "\n"
    "Exit code 0 when all are done, 1 when one failed, was cancelled or goes on without this\n"
    "command.";

struct BackfillOptions {
  CommonOptions common;
  LogOptions log;
  BackfillOrder order;
  bool detach = false;
  bool status = false;
  bool pause = false;
  bool resume = false;
  bool cancel = false;
};

void print_json(const nlohmann::ordered_json& json) {
  std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

// Keeps what is about one of the tables.
void keep_tables(StateStatus& status, const std::vector<std::string>& texts) {
  std::vector<TableName> tables;
  for (const std::string& text : texts)
    tables.push_back(find_backfill(text, status));
  const auto other = [&](const TableName& table) {
    return std::find(tables.begin(), tables.end(), table) == tables.end();
  };
  std::erase_if(status.backfills, [&](const auto& one) { return other(one.table); });
  std::erase_if(status.backfill_requests,
                [&](const auto& one) { return other(one.request.table); });
}

int tell_status(const BackfillOptions& options, const std::string& state_path) {
  StateStatus status = read_state_status(state_path, 0);
  if (!options.order.tables.empty()) keep_tables(status, options.order.tables);
  if (options.common.json) {
    print_json({{"running", status.running},
                {"backfills", backfills_json(status.backfills)},
                {"backfill_requests", requests_json(status.backfill_requests)}});
    return 0;
  }
  const int64_t now_us = SystemClock().utc_us();
  for (const BackfillProgress& progress : status.backfills)
    std::printf("%s\n", backfill_sentence(progress, now_us).c_str());
  for (const state::PendingRequest& pending : status.backfill_requests)
    std::printf("%s\n", request_line(pending, now_us).c_str());
  if (status.backfills.empty() && status.backfill_requests.empty()) {
    std::printf("no backfill was ever asked for\n");
  }
  return 0;
}

// Writes requests that nobody waits for.
int leave_requests(const BackfillOptions& options, const std::string& state_path,
                   std::vector<BackfillRequest> requests, bool running) {
  if (!requests.empty()) {
    const std::vector<int64_t> numbers = request_backfill(state_path, requests, SystemClock());
    for (size_t i = 0; i < numbers.size(); ++i)
      requests[i].number = numbers[i];
  }
  if (options.common.json) {
    std::vector<state::PendingRequest> asked;
    for (const BackfillRequest& request : requests)
      asked.push_back({request, SystemClock().utc_us()});
    print_json({{"running", running}, {"backfill_requests", requests_json(asked)}});
    return 0;
  }
  if (requests.empty()) std::printf("there is none to which it applies\n");
  for (const BackfillRequest& request : requests) {
    std::printf("%s: %s asked; %s\n", request.table.full_name().c_str(),
                std::string(backfill_action_name(request.action)).c_str(),
                running ? "the run takes it up within a second or so"
                        : "no `waltrack run` is running: the next one takes it up");
  }
  return 0;
}

int control(const BackfillOptions& options, const std::string& state_path,
            BackfillRequest::Action action) {
  const StateStatus status = read_state_status(state_path, 0);
  return leave_requests(options, state_path, control_requests(action, options.order.tables, status),
                        status.running);
}

// The exit code. What is not done is told on standard error, and why.
int tell_end(const std::vector<BackfillProgress>& backfills, bool as_json) {
  bool all_done = true;
  for (const BackfillProgress& progress : backfills) {
    if (progress.phase == BackfillPhase::done) continue;
    all_done = false;
    if (!progress.is_over()) continue;
    std::fprintf(stderr, "waltrack: the backfill of %s %s%s%s\n",
                 progress.table.full_name().c_str(),
                 progress.phase == BackfillPhase::failed ? "failed" : "was cancelled",
                 progress.reason.empty() ? "" : ": ", printable(progress.reason).c_str());
  }
  if (as_json) print_json({{"backfills", backfills_json(backfills)}});
  return all_done ? 0 : 1;
}

// The run of another process does the work.
int follow(const BackfillOptions& options, const std::string& state_path,
           const std::vector<BackfillRequest>& requests) {
  const SystemClock clock;
  const int stop_fd = stop_signal_fd();
  const std::vector<int64_t> numbers = request_backfill(state_path, requests, clock);
  std::vector<FollowedBackfill> followed;
  for (size_t i = 0; i < requests.size(); ++i)
    followed.push_back({requests[i].table, numbers[i]});
  BackfillDisplay display;
  const FollowEnd end = follow_backfills(state_path, followed, display, clock, stop_fd);
  if (end.why == FollowEnd::Why::stopped) {
    std::fprintf(stderr,
                 "waltrack: the run goes on with it: `waltrack backfill --status` tells how far it "
                 "is, --cancel ends it\n");
  } else if (end.why == FollowEnd::Why::run_ended) {
    std::fprintf(
        stderr, "waltrack: the run has ended: the next `waltrack run` goes on with the backfill\n");
  }
  return tell_end(end.backfills, options.common.json);
}

int start(const BackfillOptions& options) {
  if (options.order.tables.empty()) {
    throw Error(ErrorKind::usage, "which tables?", {},
                "waltrack backfill users orders; or --status, --pause, --resume, --cancel");
  }
  const std::string& config_path = options.common.config_path;
  const Loaded looked = load_for_looking(config_path);
  const std::string& state_path = looked.config.state;
  std::optional<StateStatus> status;
  if (std::filesystem::exists(state_path)) status = read_state_status(state_path, 0);
  const std::vector<BackfillRequest> requests =
      start_requests(options.order, looked, status ? &*status : nullptr);
  const bool running = status && status->running;
  if (options.detach) return leave_requests(options, state_path, requests, running);
  if (running) return follow(options, state_path, requests);
  const std::vector<BackfillProgress> ends =
      stream_until_backfilled(load_all(config_path), requests);
  if (!std::ranges::all_of(ends, &BackfillProgress::is_over)) {
    std::fprintf(stderr, "waltrack: stopped: the next `waltrack run` goes on with the backfill\n");
  }
  return tell_end(ends, options.common.json);
}

int run_backfill(const BackfillOptions& options) {
  using Action = BackfillRequest::Action;
  configure_log(options.log);
  if (!options.status && !options.pause && !options.resume && !options.cancel) {
    return start(options);
  }
  const std::string state_path = load_state_path(options.common.config_path);
  if (options.status) return tell_status(options, state_path);
  return control(options, state_path,
                 options.pause    ? Action::pause
                 : options.resume ? Action::resume
                                  : Action::cancel);
}

void add_options(CLI::App& command, BackfillOptions& options) {
  // From a variable that is not set: all rows would be told.
  const auto not_empty = [](const std::string& text) {
    return text.empty() ? std::string("it is empty; leave it out to mean all rows") : std::string();
  };
  add_config_option(command, options.common);
  add_log_options(command, options.log);
  BackfillOrder& order = options.order;
  command.add_option("TABLE", order.tables, "the tables: name, or schema.name");
  const std::vector<CLI::Option*> starting = {
      command.add_option("--where", order.where, "only these rows: a condition in Postgres' SQL")
          ->check(not_empty),
      command
          .add_option("--since", order.since,
                      "only rows whose column is this or more: COLUMN=VALUE")
          ->check(not_empty),
      command.add_option("--rate", order.rows_per_s, "ROWS/s at most")
          ->check(CLI::Range(1U, 1'000'000'000U)),
      command.add_flag("--detach", options.detach, "only ask the run for it; do not wait")};
  std::vector<CLI::Option*> others = {
      command.add_flag("--status", options.status, "how far they are"),
      command.add_flag("--pause", options.pause, "stop for now (no table: all)"),
      command.add_flag(
          "--resume", options.resume,
          "go on (no table: all that are paused); a table that failed, by its name, anew"),
      command.add_flag("--cancel", options.cancel, "give up (no table: all that are not over)")};
  for (size_t i = 0; i < others.size(); ++i) {
    for (CLI::Option* option : starting)
      others[i]->excludes(option);
    for (size_t other = i + 1; other < others.size(); ++other)
      others[i]->excludes(others[other]);
  }
  command.add_flag("--json", options.common.json, "print JSON at the end");
}

}  // namespace

void register_backfill(CLI::App& app, Action& action) {
  auto options = std::make_shared<BackfillOptions>();
  CLI::App* command =
      app.add_subcommand("backfill", "send what the tables hold already; pause, resume, cancel");
  command->footer(kExamples);
  add_options(*command, *options);
  command->callback([&action, options, command] {
    action = [options, command] {
      // Lines of the log would tear the bars apart: only what is wrong is told.
      if (command->count("--log-level") == 0 && terminal_can_redraw()) options->log.level = "warn";
      return run_backfill(*options);
    };
  });
}

}  // namespace waltrack
