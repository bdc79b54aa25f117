#pragma once

#include <benchmark/benchmark.h>
#include <cstddef>

#include "support/allocation_count.hpp"

namespace waltrack {

// What a benchmark of rows or events tells: how many a second, the time of one, and how often ours
// allocates for one. Made right before the loop.
class RowFigures {
 public:
  explicit RowFigures(benchmark::State& state) : state_(state) {}

  // After the loop, each turn of which was about so many.
  void tell(size_t rows, size_t bytes = 0) {
    const size_t allocations = allocation_count() - before_;
    const auto all = static_cast<double>(state_.iterations()) * static_cast<double>(rows);
    state_.SetItemsProcessed(static_cast<int64_t>(state_.iterations() * rows));
    if (bytes > 0) state_.SetBytesProcessed(static_cast<int64_t>(state_.iterations() * bytes));
    using benchmark::Counter;
    state_.counters["each"] = Counter(all, Counter::kIsRate | Counter::kInvert);
    state_.counters["allocations"] = static_cast<double>(allocations) / all;
  }

 private:
  benchmark::State& state_;
  const size_t before_ = allocation_count();
};

}  // namespace waltrack
