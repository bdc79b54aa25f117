#pragma once

#include <cstdint>

#include "bench/bench_report.hpp"

namespace waltrack {

struct BackfillBenchSettings {
  uint64_t rows = 5'000'000;
  int rounds = 3;
};

// How fast the rows of a table that are there already are told, against COPY of the same columns to
// nobody; and what that does to a stream of a thousand changes a second.
void measure_backfill(const BackfillBenchSettings& settings, BenchReport& report);

}  // namespace waltrack
