#pragma once

#include <filesystem>
#include <string>

#include "bench/bench_database.hpp"
#include "bench/timed_process.hpp"

namespace waltrack {

// The script that a user would write instead, tests/bench/peers/stream.mjs, in Node. It reads the
// slot SLOT of DATABASE_URL with wal2json up to END_LSN, sends an event for each row to ENDPOINT,
// prints {"rows": N, "events": N} and ends. Make it on the main thread (see ChildProcess).
class NodePeer {
 public:
  NodePeer();

  // Why it can't be run here; empty: it can.
  const std::string& obstacle() const { return obstacle_; }
  const std::string& version() const { return version_; }  // of Node: "v20.1.2"

  // What it took for BenchDatabase::kSlot to the end of the workload; throws unless it sent an
  // event for each of `rows`.
  TimedEnd run(const BenchDatabase& database, const std::string& endpoint, uint64_t rows) const;

 private:
  std::filesystem::path node_;
  std::string version_;
  std::string obstacle_;
};

}  // namespace waltrack
