#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/bench_report.hpp"

namespace waltrack {

struct ThroughputSettings {
  uint64_t rows = 500'000;
  int rounds = 5;
  std::vector<std::string> plugins = {"wal2json", "pgoutput"};
  std::string workload;  // empty: all; only those whose name has this in it
  bool tls = false;      // all but the peer, which is left out, through TLS
};

// Rows a second of pg_recvlogical and of waltrack, in turns, over the same log; and of the Node
// peer in one workload. What is timed:
// - pg_recvlogical: from the start of the process to its end;
// - the Node peer: the same; it ends when all was accepted and is acknowledged;
// - waltrack, which does not end by itself: from the start of the process until the state file has
//   the checkpoint behind the last row, as it is dated there. All was accepted by then. Checkpoints
//   are up to 50 ms apart, which is counted against waltrack; what it takes to end is not counted.
void measure_throughput(const ThroughputSettings& settings, BenchReport& report);

}  // namespace waltrack
