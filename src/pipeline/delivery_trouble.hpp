#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "model/destination.hpp"
#include "pipeline/delivery_condition.hpp"

namespace waltrack {

// What delivery's trouble is, for condition and log: each told once. Belongs to the delivery
// thread.
class DeliveryTrouble {
 public:
  DeliveryTrouble(DeliveryCondition& condition, const Clock& clock)
      : condition_(condition), clock_(clock) {}

  void tell(bool held, const Outcome& outcome);
  // A request of so many events was refused. A table full of such events is told once a minute.
  void tell_refusal(size_t events, const Outcome& outcome);

  // The receiver took something.
  void accepted() { since_.reset(); }
  // No lane is in trouble any more.
  void over();

  // When it began, if nothing was accepted since.
  std::optional<SteadyTime> since() const { return since_; }

 private:
  DeliveryCondition& condition_;
  const Clock& clock_;
  std::optional<SteadyTime> since_;
  std::string told_;
  std::optional<SteadyTime> told_refusal_at_;
};

}  // namespace waltrack
