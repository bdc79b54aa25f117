#include "cli/stop_signal.hpp"

#include <csignal>
#include <unistd.h>

namespace waltrack {
namespace {

Wakeup* g_stop = nullptr;
Wakeup* g_reload = nullptr;
volatile std::sig_atomic_t g_asked = 0;

void on_signal(int number) {
  if (g_asked != 0) _exit(128 + number);
  g_asked = 1;
  g_stop->wake();
}

void on_reload_signal(int) {
  g_reload->wake();
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

}  // namespace

int stop_signal_fd() {
  static Wakeup stop;
  g_stop = &stop;
  handle(SIGINT, on_signal);
  handle(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
  return stop.fd();
}

const Wakeup& reload_signal() {
  static Wakeup reload;
  g_reload = &reload;
  handle(SIGHUP, on_reload_signal);
  return reload;
}

}  // namespace waltrack
