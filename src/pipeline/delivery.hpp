#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "model/destination.hpp"
#include "pipeline/delivery_condition.hpp"
#include "pipeline/event_batch.hpp"
#include "pipeline/inflight_ledger.hpp"
#include "pipeline/lane_queues.hpp"

namespace waltrack {

struct DeliverySettings {
  std::chrono::milliseconds first_backoff{500};
  std::chrono::milliseconds backoff_cap{60'000};
  std::chrono::milliseconds probe_interval{60'000};  // while held
};

// Sends the lanes' batches, one request in flight a lane, each batch until it is accepted: a batch
// that must wait keeps its lane, so a user's events stay in order. An idle lane sends at once;
// while its request is in flight events gather. run() is the delivery thread.
class Delivery {
 public:
  // `on_finished` is called from the delivery thread after events finished.
  Delivery(LaneQueues& lanes, InflightLedger& ledger, Destination& destination,
           DeliveryCondition& condition, const Clock& clock, DeliverySettings settings,
           std::function<void()> on_finished);

  // Delivers until stop(). Requests in flight then are given up: their events stay unfinished.
  void run();

  // Any thread.
  void stop();
  void wake() { destination_.wake(); }

  uint64_t delivered_events() const { return delivered_.load(std::memory_order_relaxed); }

 private:
  struct Lane {
    enum class Phase { idle, in_flight, waiting };
    Phase phase = Phase::idle;
    std::optional<EventBatch> batch;
    SteadyTime due;  // waiting: when to try again
    Backoff backoff;
    uint64_t request = 0;  // the number of its last one
    bool failing = false;  // its batch was not accepted yet
    bool hurried = false;  // failing: it was tried at once after another lane's success
  };

  void start_due_lanes(SteadyTime now);
  bool may_start(const Lane& lane, SteadyTime now) const;
  std::chrono::milliseconds until_next(SteadyTime now) const;
  void handle(const Outcome& outcome, SteadyTime now);
  void accept(Lane& lane, SteadyTime now);
  void retry(Lane& lane, const Outcome& outcome, SteadyTime now);
  void hold(Lane& lane, const Outcome& outcome, SteadyTime now);
  void tell_trouble(bool held, const Outcome& outcome);

  LaneQueues& queues_;
  InflightLedger& ledger_;
  Destination& destination_;
  DeliveryCondition& condition_;
  const Clock& clock_;
  const DeliverySettings settings_;
  const std::function<void()> on_finished_;

  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> delivered_ = 0;

  // The delivery thread's own.
  std::vector<Lane> lanes_;
  size_t in_flight_ = 0;
  std::optional<SteadyTime> quiet_until_;  // the receiver asked all lanes to wait
  uint64_t requests_ = 0;                  // counts them
  bool held_ = false;                      // then one lane probes at next_probe_
  uint64_t sent_before_hold_ = 0;          // what was sent up to here says nothing about the hold
  SteadyTime next_probe_;
  std::string told_;  // the trouble that the log knows of
};

}  // namespace waltrack
