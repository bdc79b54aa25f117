#include "bench/lane_path.hpp"

#include <stdexcept>

#include "segment/limits.hpp"

namespace waltrack {
namespace {

constexpr size_t kLanes = 8;
constexpr BatchLimits kLimits{.bytes = kBatchBytes - kEnvelopeBytes, .events = kBatchEvents};

}  // namespace

LanePath::LanePath()
    : lanes_(kLanes, kLimits),
      ledger_({}),
      mappings_(clock_),
      outbox_(lanes_, ledger_, dead_letters_, mappings_) {
  outbox_.count_into(counts_);
}

size_t LanePath::deliver(const std::function<void(const EventBatch&)>& send) {
  size_t events = 0;
  for (bool more = true; more;) {
    more = false;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const std::optional<LaneQueues::Taken> taken = lanes_.take(lane);
      if (!taken) continue;
      more = true;
      send(taken->events);
      events += taken->events.count();
      ledger_.accept(taken->events.sequences);
      lanes_.finish(lane);
    }
    confirmed_ = ledger_.advance().checkpoint.lsn;
  }
  if (!dead_letters_.take_all().empty()) throw std::runtime_error("a row was rejected");
  return events;
}

}  // namespace waltrack
