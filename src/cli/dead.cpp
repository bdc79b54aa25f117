#include "cli/dead.hpp"

#include <CLI/CLI.hpp>

namespace waltrack {
namespace {

const char* const kExamples =
    "A row of which no event can be made, and an event that the receiver refuses for good, are "
    "kept\n"
    "in the state file as dead letters; the rest goes on. These commands look at them, send them\n"
    "again and throw them away, while `waltrack run` runs, and when it does not.\n"
    "\n"
    "Examples:\n"
    "  waltrack dead list                      the newest, and why\n"
    "  waltrack dead show 12                   all of one: its event, the receiver's answer\n"
    "  waltrack dead replay --reason refused   send them again\n"
    "  waltrack dead drop --before 30d         throw old ones away; asks first";

}  // namespace

void register_dead(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("dead", "what could not be sent: look, replay, drop");
  command->footer(kExamples);
  command->require_subcommand(1);
  register_dead_list(*command, action);
  register_dead_show(*command, action);
  register_dead_replay(*command, action);
  register_dead_drop(*command, action);
}

}  // namespace waltrack
