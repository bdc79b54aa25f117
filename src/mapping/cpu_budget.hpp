#pragma once

#include <cstdint>

namespace waltrack {

// How much processor time the calling thread may still take for something. Time in which the
// machine did other things does not count, so that a row does not fail because a machine is busy.
class CpuBudget {
 public:
  // Starts anew, from now on.
  void start(int64_t ms);
  bool is_spent() const;

 private:
  int64_t end_us_ = 0;
};

}  // namespace waltrack
