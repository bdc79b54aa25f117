#include "pipeline/backfill_exchange.hpp"

#include <algorithm>
#include <iterator>

namespace waltrack {

void BackfillExchange::bring(std::vector<BackfillRequest> requests) {
  if (requests.empty()) return;
  const std::lock_guard lock(mutex_);
  std::ranges::move(requests, std::back_inserter(requests_));
  waiting_ = true;
}

std::vector<BackfillRequest> BackfillExchange::take_requests() {
  const std::lock_guard lock(mutex_);
  waiting_ = false;
  return std::exchange(requests_, {});
}

void BackfillExchange::saved(std::span<const BackfillStep> steps) {
  if (steps.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    for (const BackfillStep& step : steps) {
      if (step.progress) stored_[step.table.full_name()] = *step.progress;
    }
  }
  saved_.fetch_add(steps.size(), std::memory_order_release);
}

std::map<std::string, BackfillProgress> BackfillExchange::stored() const {
  const std::lock_guard lock(mutex_);
  return stored_;
}

}  // namespace waltrack
