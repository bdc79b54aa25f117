#include <CLI/CLI.hpp>
#include <memory>

#include "cli/assemble.hpp"
#include "cli/command.hpp"
#include "cli/load.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "Streams the changes of the mapped tables until SIGINT or SIGTERM; then finishes what is on "
    "its\n"
    "way and stores its position. A second signal ends it at once. Either way nothing is lost: "
    "what\n"
    "was not confirmed comes again, under the same ids.\n"
    "Mapping files are watched: a change that is right takes effect within a second or so. SIGHUP "
    "reads\n"
    "them again. `waltrack status` tells which are live, wait or are wrong.\n"
    "\n"
    "Examples:\n"
    "  waltrack run\n"
    "  waltrack run -c /etc/waltrack/waltrack.yaml --log-format json";

struct RunOptions {
  CommonOptions common;
  LogOptions log;
};

}  // namespace

void register_run(CLI::App& app, Action& action) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "stream changes to Segment, until a signal");
  command->footer(kExamples);
  add_config_option(*command, options->common);
  add_log_options(*command, options->log);
  command->callback([&action, options] {
    action = [options] {
      configure_log(options->log);
      stream_until_signal(load_all(options->common.config_path));
      return 0;
    };
  });
}

}  // namespace waltrack
