#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace waltrack {

// What the chosen command does, set by its registration; returns the exit code.
using Action = std::function<int()>;

// The options that the commands share.
struct CommonOptions {
  std::string config_path = "waltrack.yaml";
  bool json = false;
};

void add_config_option(CLI::App& command, CommonOptions& options);

struct LogOptions {
  std::string format = "text";
  std::string level = "info";
};
void add_log_options(CLI::App& command, LogOptions& options);
void configure_log(const LogOptions& options);

// One function a command, each in the file of its name.
void register_backfill(CLI::App& app, Action& action);
void register_check(CLI::App& app, Action& action);
void register_dead(CLI::App& app, Action& action);
void register_drop(CLI::App& app, Action& action);
void register_init(CLI::App& app, Action& action);
void register_plan(CLI::App& app, Action& action);
void register_preview(CLI::App& app, Action& action);
void register_receive(CLI::App& app, Action& action);
void register_run(CLI::App& app, Action& action);
void register_schema(CLI::App& app, Action& action);
void register_status(CLI::App& app, Action& action);
void register_test(CLI::App& app, Action& action);

}  // namespace waltrack
