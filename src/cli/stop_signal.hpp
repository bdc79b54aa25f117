#pragma once

#include "base/wakeup.hpp"

namespace waltrack {

// From now on SIGINT and SIGTERM make the returned descriptor readable instead of ending the
// process, once; a second signal ends it at once (which loses nothing: what is unconfirmed comes
// again). SIGPIPE is ignored. Call it before any thread starts.
int stop_signal_fd();

// From now on SIGHUP wakes the returned one instead of ending the process. Call it before any
// thread starts.
const Wakeup& reload_signal();

}  // namespace waltrack
