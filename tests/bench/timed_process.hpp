#pragma once

#include <cstdint>
#include <string>

#include "support/child_process.hpp"

namespace waltrack {

// What a program took from its start to its end.
struct TimedEnd {
  double seconds = 0;
  double cpu_s = 0;
  double peak_mb = 0;          // of resident memory, in MiB
  uint64_t written_bytes = 0;  // to files and devices, not to sockets
  std::string out;             // what it printed
};

// Runs a program to its end; throws with what it said when it fails.
TimedEnd run_timed(ChildOptions options);

}  // namespace waltrack
