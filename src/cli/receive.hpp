#pragma once

#include <cstdio>
#include <string>

namespace waltrack {

struct ReceiveOptions {
  std::string listen = "127.0.0.1:8091";
  std::string ndjson;     // empty: events are kept nowhere
  std::string write_key;  // the one that is let in; empty: any
  bool quiet = false;     // no event is printed
  bool json = false;      // print JSON, an object a line
  bool control = false;   // offer POST /control
};

// `waltrack receive`: receives and prints on `out` until `stop_fd` becomes readable. The first line
// says where it listens, once it does; the last sums up. Returns the exit code; throws an Error
// when it cannot listen or keep events.
int run_receive(const ReceiveOptions& options, int stop_fd, std::FILE* out);

}  // namespace waltrack
