#pragma once

#include <string>

#include "support/child_process.hpp"

namespace waltrack {

struct TimedEnd {
  double seconds = 0;  // from its start to its end
  std::string out;     // what it printed
};

// Runs a program to its end; throws with what it said when it fails.
TimedEnd run_timed(ChildOptions options);

}  // namespace waltrack
