#pragma once

#include <string>
#include <vector>

#include "bench/bench_report.hpp"

namespace waltrack {

struct LatencySettings {
  int seconds = 20;  // at each rate
  std::vector<int> rates = {100, 1000, 5000};
  std::vector<std::string> plugins = {"wal2json", "pgoutput"};
};

// From the moment before a one-row transaction is sent to the server until the request with its
// event is read, at some rates. The first second of each is left out.
void measure_latency(const LatencySettings& settings, BenchReport& report);

}  // namespace waltrack
