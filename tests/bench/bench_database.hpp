#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/bench_workload.hpp"
#include "model/lsn.hpp"
#include "support/postgres_server.hpp"
#include "support/self_signed.hpp"

namespace waltrack {

// What a plugin is asked for: names and values.
using StreamOptions = std::vector<std::pair<std::string, std::string>>;

// What a plugin says of a workload.
struct StreamSize {
  uint64_t rows = 0;      // messages of an inserted or updated row
  uint64_t messages = 0;  // all of them
  uint64_t bytes = 0;
};

// How the servers that are measured are set up.
PostgresOptions bench_postgres_options();

// A server of its own with the tables `users` and `orders`, the publication `waltrack` of both, and
// a piece of log that can be read again and again: each contestant gets a slot that begins where
// the workload does.
class BenchDatabase {
 public:
  static constexpr const char* kSlot = "waltrack";

  BenchDatabase();

  // Who comes from now on is connected through TLS: what libpq prefers.
  void offer_tls() { server_.offer_tls(certificate_); }

  // Empties the tables and does the workload. Nothing is in the log behind it, but what the server
  // writes there of its own.
  void write(const BenchWorkload& workload);
  // The end of the last commit of write().
  Lsn end() const { return end_; }

  // Makes kSlot, with its position before the workload, in place of the one that was there.
  void renew_slot(const std::string& plugin) const;
  // With which options a slot was read last, as the server logged them; throws where there are
  // none.
  StreamOptions last_stream_options() const;
  // Of kSlot, up to end(); the slot stays where it is.
  StreamSize stream_size(const std::string& plugin, const StreamOptions& options) const;

  // Drops a slot as soon as its reader is gone; none of that name is fine.
  void drop_slot(const std::string& name) const;

  const PostgresServer& server() const { return server_; }
  std::string version() const { return server_.value("SHOW server_version"); }

 private:
  SelfSigned certificate_;
  PostgresServer server_;
  Lsn end_;
};

}  // namespace waltrack
