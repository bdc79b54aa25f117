#include "receiver/planned_failures.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace waltrack {
namespace {

bool has_several_events(const std::string& body) {
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return false;
  const auto batch = json.find("batch");
  return batch != json.end() && batch->is_array() && batch->size() > 1;
}

bool refuses_events(int status) {
  return status == 400 || status == 413;
}

}  // namespace

void PlannedFailures::ask(FailureSwitch failure) {
  const std::lock_guard lock(mutex_);
  if (failure.random) random_.seed(failure.random->seed);
  failure_ = std::move(failure);
}

RequestLot PlannedFailures::next(const std::string& body) {
  const std::lock_guard lock(mutex_);
  RequestLot lot;
  if (failure_.count != 0 && failure_.answer != 200) {
    lot.answer = failure_.answer;
    lot.take = failure_.take;
  } else if (failure_.random) {
    lot = by_chance(body);
  }
  if (failure_.count > 0) --failure_.count;
  if (!failure_.poison.empty() && body.find(failure_.poison) != std::string::npos) {
    lot.take = false;
    if (lot.answer == 200 && !lot.reset) lot.answer = failure_.poison_answer;
  }
  lot.delay += failure_.delay;
  if (lot.answer != 200) lot.retry_after = failure_.retry_after;
  return lot;
}

// Draws twice for every request, so that one request's lot does not depend on the others' bodies.
RequestLot PlannedFailures::by_chance(const std::string& body) {
  const RandomFailures& random = *failure_.random;
  double rest = draw();
  const bool take = draw() < random.take;
  RequestLot lot;
  for (const auto& [status, share] : random.answers) {
    if (rest < share) {
      if (refuses_events(status) && !has_several_events(body)) return lot;
      lot.answer = status;
      lot.take = take && !refuses_events(status);
      return lot;
    }
    rest -= share;
  }
  if (rest < random.reset) {
    lot.reset = true;
    lot.take = take;
  } else if (rest - random.reset < random.stall) {
    lot.delay = random.stall_for;
  }
  return lot;
}

// From 0 up to 1, the same with every standard library.
double PlannedFailures::draw() {
  return static_cast<double>(random_() >> 11) * 0x1p-53;
}

}  // namespace waltrack
