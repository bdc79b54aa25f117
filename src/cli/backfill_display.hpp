#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/clock.hpp"
#include "model/backfill.hpp"

namespace waltrack {

// Shows how backfills go on: a bar for each, drawn anew in its place, on standard output where that
// is a terminal that can; else a line for each in the log, every ten seconds. Belongs to one
// thread.
class BackfillDisplay {
 public:
  BackfillDisplay();

  // `last`: it is told in any case. The backfills are always the same ones.
  void show(std::span<const BackfillProgress> backfills, SteadyTime now, bool last);

  bool draws() const { return draws_; }

 private:
  static void log_all(std::span<const BackfillProgress> backfills);
  void draw(std::span<const BackfillProgress> backfills);

  const bool draws_;
  size_t drawn_lines_ = 0;
  std::optional<SteadyTime> logged_at_;
};

}  // namespace waltrack
