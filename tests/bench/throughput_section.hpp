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
  std::string workload;  // only those whose name has this in it
};

// Rows a second of pg_recvlogical and of waltrack, in turns, over the same log; and of the Node
// peer in one workload. The time is from the start of the process until all is read; delivered,
// acknowledged and written down, too.
void measure_throughput(const ThroughputSettings& settings, BenchReport& report);

}  // namespace waltrack
