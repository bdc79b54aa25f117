#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace waltrack {

struct ProgramOutput {
  int exit_code = -1;  // -1: it could not be started, or a signal ended it
  std::string out;
  std::string err;  // its first 4 kB
};

// Runs a program of the PATH in `folder`, without a shell and without input, and waits for its end.
ProgramOutput run_program(const std::vector<std::string>& args,
                          const std::filesystem::path& folder);

}  // namespace waltrack
