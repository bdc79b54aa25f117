#pragma once

#include <string>

#include "model/run_figures.hpp"

namespace waltrack {

struct HealthAnswer {
  bool good = true;
  std::string text;    // one line, of fixed words and names of stages; no end of line
  std::string detail;  // more, in words of server or receiver; may be empty
};

// Live: every thread turns. One that does not hangs in a call that never comes back, and only a new
// start mends that. A server or a receiver that is away is no reason: a new start changes nothing.
HealthAnswer liveness(const RunFigures& figures);

// Ready: the stream is open, and the receiver takes events. Delivery counts as ready while it tries
// again after a failure that may pass (a 429 or a 503, a connection that broke): such things come
// and go in seconds. It is not when it is held, as that waits for a person; nor when nothing was
// accepted for a minute although events wait.
HealthAnswer readiness(const RunFigures& figures);

}  // namespace waltrack
