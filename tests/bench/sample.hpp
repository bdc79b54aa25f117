#pragma once

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

namespace waltrack {

// What was measured several times. Asking an empty one throws.
class Sample {
 public:
  Sample() = default;
  explicit Sample(std::vector<double> values) : values_(std::move(values)) {
    std::ranges::sort(values_);
  }
  void add(double value) { values_.insert(std::ranges::upper_bound(values_, value), value); }

  size_t size() const { return values_.size(); }
  double min() const { return at(0); }
  double max() const { return at(1); }
  double median() const { return (at_index(size() / 2) + at_index((size() - 1) / 2)) / 2; }
  // The smallest value that `share` of all do not exceed (0.99: p99).
  double at(double share) const {
    const double rank = std::ceil(share * static_cast<double>(size()));
    return at_index(static_cast<size_t>(std::max(rank, 1.0)) - 1);
  }

 private:
  double at_index(size_t index) const {
    if (values_.empty()) throw std::logic_error("nothing was measured");
    return values_[std::min(index, values_.size() - 1)];
  }

  std::vector<double> values_;  // sorted
};

}  // namespace waltrack
