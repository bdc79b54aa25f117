#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/backoff.hpp"
#include "base/clock.hpp"

namespace waltrack {

// How many rows the next chunk of a table should have, and when it may be read: so that a chunk has
// about the bytes it should, fewer where rows are mapped slowly because the queues are full, or
// where reading failed; and no more rows a second than were asked for. Belongs to the capture
// thread.
class ChunkPace {
 public:
  // `rows_per_s`: 0 = as many as go.
  ChunkPace(size_t target_bytes, uint32_t rows_per_s, SteadyTime now);

  size_t most_rows() const;
  size_t most_bytes() const;  // a chunk ends there even if rows have grown
  SteadyTime due() const { return due_; }

  void asked(size_t most_rows, SteadyTime now);
  void read(size_t rows, size_t bytes);
  // A whole chunk was mapped, `took` after the first of its rows.
  void mapped(std::chrono::milliseconds took);
  // Reading failed; not again before due().
  void failed(SteadyTime now);

 private:
  const size_t target_bytes_;
  const uint32_t rows_per_s_;
  size_t bytes_;              // to aim for now
  double bytes_per_row_ = 0;  // lately; 0: not known
  SteadyTime due_;
  Backoff backoff_;
};

}  // namespace waltrack
