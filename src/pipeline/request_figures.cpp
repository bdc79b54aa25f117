#include "pipeline/request_figures.hpp"

#include <algorithm>

namespace waltrack {
namespace {

// A receiver that makes up statuses must not fill the memory with them.
constexpr size_t kMostAnswers = 100;

const char* result_name(Outcome::Verdict verdict) {
  switch (verdict) {
    case Outcome::Verdict::accepted:
      return "accepted";
    case Outcome::Verdict::refused:
      return "refused";
    case Outcome::Verdict::retry:
      return "retry";
    case Outcome::Verdict::hold:
      return "hold";
  }
  return "retry";
}

}  // namespace

void RequestFigures::finished(const Outcome& outcome, SteadyTime::duration took) {
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bound = std::ranges::lower_bound(RequestTimes::kBounds, seconds);
  const std::lock_guard lock(mutex_);
  ++times_.counts[static_cast<size_t>(bound - RequestTimes::kBounds.begin())];
  times_.sum_s += seconds;
  std::pair<Outcome::Verdict, std::string> key(outcome.verdict, outcome.answer);
  if (counts_.size() >= kMostAnswers && !counts_.contains(key)) key.second = "other";
  ++counts_[std::move(key)];
}

std::vector<RequestCount> RequestFigures::counts() const {
  const std::lock_guard lock(mutex_);
  std::vector<RequestCount> all;
  for (const auto& [key, count] : counts_)
    all.push_back({result_name(key.first), key.second, count});
  return all;
}

RequestTimes RequestFigures::times() const {
  const std::lock_guard lock(mutex_);
  return times_;
}

}  // namespace waltrack
