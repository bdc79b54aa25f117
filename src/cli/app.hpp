#pragma once

namespace waltrack {

// The whole program: reads the command line, runs the command, tells failures on standard error.
// Returns the exit code: 0 fine, 1 it failed, 2 wrong usage or configuration.
int run_app(int argc, char** argv);

}  // namespace waltrack
