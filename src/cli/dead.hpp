#pragma once

#include "cli/command.hpp"

namespace waltrack {

// The commands of `waltrack dead`, each in the file of its name.
void register_dead_list(CLI::App& dead, Action& action);
void register_dead_show(CLI::App& dead, Action& action);
void register_dead_replay(CLI::App& dead, Action& action);
void register_dead_drop(CLI::App& dead, Action& action);

}  // namespace waltrack
