#include "cli/stop_signal.hpp"

#include <csignal>
#include <unistd.h>

#include "base/wakeup.hpp"

namespace waltrack {
namespace {

Wakeup* g_stop = nullptr;
volatile std::sig_atomic_t g_asked = 0;

void on_signal(int number) {
  if (g_asked != 0) _exit(128 + number);
  g_asked = 1;
  g_stop->wake();
}

}  // namespace

int stop_signal_fd() {
  static Wakeup stop;
  g_stop = &stop;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return stop.fd();
}

}  // namespace waltrack
