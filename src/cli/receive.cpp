#include "cli/receive.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "cli/command.hpp"
#include "cli/stop_signal.hpp"
#include "receiver/event_printer.hpp"
#include "receiver/listen_address.hpp"
#include "receiver/receiver.hpp"

namespace waltrack {
namespace {

const char* const kExamples =
    "Speaks and judges as Segment's HTTP API does, and shows what Segment would lose without a\n"
    "word. Point destination.url at http://127.0.0.1:8091/v1/batch; any write key will do.\n"
    "Counts stand at /stats. Repeated messageIds are shown as duplicates (=), events under an id\n"
    "that came before with other content as conflicts (!), lost events with the reason (x).\n"
    "\n"
    "Examples:\n"
    "  waltrack receive\n"
    "  waltrack receive --listen 127.0.0.1:0 --ndjson events.ndjson --quiet\n"
    "  curl -s http://127.0.0.1:8091/stats | jq .by_event\n"
    "\n"
    "With --control, to see how a sender takes failures (for tests):\n"
    "  curl -d '{\"answer\": 503, \"count\": 10}' http://127.0.0.1:8091/control\n"
    "  curl -d '{\"answer\": 429, \"retry_after\": 1}' http://127.0.0.1:8091/control\n"
    "  curl -d '{\"answer\": 500, \"count\": 1, \"take\": true}' http://127.0.0.1:8091/control\n"
    "  curl -d '{\"delay_ms\": 200}' http://127.0.0.1:8091/control\n"
    "  curl -d '{\"poison\": \"4711\", \"poison_answer\": 413}' http://127.0.0.1:8091/control\n"
    "  curl -d '{\"random\": {\"seed\": 7, \"answers\": {\"429\": 0.1, \"500\": 0.1},\n"
    "      \"reset\": 0.05, \"stall\": 0.01, \"stall_ms\": 500}}' http://127.0.0.1:8091/control\n"
    "  curl -d '{}' http://127.0.0.1:8091/control          back to normal";

EventPrinter::Look look_for(const ReceiveOptions& options, std::FILE* out) {
  EventPrinter::Look look;
  look.json = options.json;
  const int fd = ::fileno(out);
  if (options.json || fd < 0 || ::isatty(fd) == 0) return look;
  look.color = std::getenv("NO_COLOR") == nullptr;  // https://no-color.org
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0) look.width = size.ws_col;
  return look;
}

void wait_for(int stop_fd) {
  pollfd waiting{stop_fd, POLLIN, 0};
  while (::poll(&waiting, 1, -1) < 0 && errno == EINTR) {
  }
}

}  // namespace

int run_receive(const ReceiveOptions& options, int stop_fd, std::FILE* out) {
  const ListenAddress address = ListenAddress::parse(options.listen);
  ReceiverSettings settings;
  settings.host = address.host;
  settings.port = address.port;
  settings.ndjson = options.ndjson;
  settings.write_key = options.write_key;
  settings.control = options.control;

  const SystemClock clock;
  EventPrinter printer(out, look_for(options, out));
  Receiver receiver(settings, clock, options.quiet ? nullptr : &printer);
  std::fprintf(out, options.json ? "{\"listening\":\"%s\"}\n" : "listening on %s\n",
               receiver.url().c_str());
  std::fflush(out);

  wait_for(stop_fd);
  receiver.stop();
  const ReceiverStats stats = receiver.stats();
  if (options.json) {
    std::fprintf(out, "{\"stats\":%s}\n", stats.json().c_str());
  } else {
    std::fprintf(out, "%s\n", stats.summary().c_str());
  }
  std::fflush(out);
  return 0;
}

void register_receive(CLI::App& app, Action& action) {
  auto options = std::make_shared<ReceiveOptions>();
  CLI::App* command =
      app.add_subcommand("receive", "a local receiver to look at what would be sent");
  command->footer(kExamples);
  command->add_option("--listen", options->listen, "HOST:PORT; port 0 takes any free one")
      ->capture_default_str();
  command->add_option("--ndjson", options->ndjson,
                      "append every event that comes for the first time to this file");
  command->add_option("--write-key", options->write_key, "let in this write key only");
  command->add_flag("--quiet", options->quiet, "print no events");
  command->add_flag("--json", options->json, "print JSON, one object a line");
  command->add_flag("--control", options->control, "offer POST /control: failures at will");
  command->callback([&action, options] {
    action = [options] { return run_receive(*options, stop_signal_fd(), stdout); };
  });
}

}  // namespace waltrack
