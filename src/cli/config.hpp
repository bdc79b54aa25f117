#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/diagnostic.hpp"
#include "cli/variables.hpp"
#include "receiver/listen_address.hpp"

namespace waltrack {

// What waltrack.yaml says, defaults filled in, variables put in, paths ready to open. It holds
// secrets (the urls of source, destination.write_key, web.token): never print it as a whole.
struct Config {
  enum class Plugin { automatic, wal2json, pgoutput };

  struct Source {
    std::string url;  // any libpq conninfo
    std::string slot = "waltrack";
    Plugin plugin = Plugin::automatic;
    std::string publication = "waltrack";
    std::string primary_url;   // empty: none
    std::string backfill_url;  // empty: rows are read from `url`
    bool failover = false;
    size_t headroom_warning_bytes = size_t{1} << 30;
  };

  struct Destination {
    std::string write_key;
    std::string url;  // of the batch endpoint, by region when none was given
    std::string id;   // empty = minted into the state file
    int lanes = 8;
  };

  // How rows that are there already are read.
  struct Backfill {
    int readers = 2;                       // connections at the same time
    size_t chunk_bytes = size_t{4} << 20;  // of a chunk's text, about
  };

  // What is kept of events that can never be sent.
  struct DeadLetters {
    size_t max = 100'000;
    bool keep_payload = true;
  };

  // A log on this disk for events while the destination is away.
  struct Spool {
    std::string path;  // its folder; empty: there is none
    uint64_t max_bytes = uint64_t{1} << 30;
    std::chrono::seconds after{30};
  };

  // Where health and metrics are served.
  struct Web {
    ListenAddress address;
    std::string token;  // a secret; empty: none is asked for
  };

  Source source;
  Destination destination;
  Backfill backfill;
  DeadLetters dead_letters;
  Spool spool;
  std::optional<Web> web;
  std::string state = "waltrack.db";
  std::string mappings = "mappings/";
  size_t memory_bytes = size_t{32} << 20;  // for events that wait to be sent
};

// Reads a configuration file. Everything that is wrong in it goes to `diagnostics`, without any of
// its values; the result is good for use only if there are no errors. Relative paths are taken from
// the file's folder. Throws a usage Error when the file cannot be read at all.
Config load_config(const std::string& path, Diagnostics& diagnostics,
                   const Environment& environment);

// Only `state`: what merely looks at the state must not ask for secrets to be set. Errors as above,
// of the syntax and this key alone.
std::string load_config_state(const std::string& path, Diagnostics& diagnostics,
                              const Environment& environment);

// Only `source`, `mappings` and `state`, likewise: what goes to the database and sends nothing.
Config load_config_to_look(const std::string& path, Diagnostics& diagnostics,
                           const Environment& environment);

// Only `mappings`, likewise.
std::string load_config_mappings(const std::string& path, Diagnostics& diagnostics,
                                 const Environment& environment);

}  // namespace waltrack
