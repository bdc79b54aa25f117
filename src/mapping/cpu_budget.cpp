#include "mapping/cpu_budget.hpp"

#include <ctime>

namespace waltrack {
namespace {

int64_t thread_cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

void CpuBudget::start(int64_t ms) {
  end_us_ = thread_cpu_us() + ms * 1000;
}

bool CpuBudget::is_spent() const {
  return thread_cpu_us() >= end_us_;
}

}  // namespace waltrack
