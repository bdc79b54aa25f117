#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/bench_report.hpp"

namespace waltrack {

struct OutageSettings {
  uint64_t rows = 1'000'000;  // that are committed meanwhile
  int seconds = 15;           // that the receiver is away, at least
  int rounds = 3;
  std::vector<std::string> plugins = {"wal2json", "pgoutput"};
};

// How fast a run catches up whose receiver was away: how long it takes to notice that the receiver
// is back, and how many rows a second it delivers from then on. Those that fit into its memory (32
// MB) it has read by then, which the limit must do within its time: with few rows it is faster than
// the limit.
void measure_outage(const OutageSettings& settings, BenchReport& report);

}  // namespace waltrack
