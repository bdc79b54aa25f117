#include "pipeline/delivery.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "base/failpoint.hpp"
#include "base/log.hpp"

namespace waltrack {

using std::chrono::milliseconds;

Delivery::Delivery(LaneQueues& lanes, InflightLedger& ledger, Destination& destination,
                   DeliveryCondition& condition, const Clock& clock, DeliverySettings settings,
                   std::function<void()> on_finished)
    : queues_(lanes),
      ledger_(ledger),
      destination_(destination),
      condition_(condition),
      clock_(clock),
      settings_(settings),
      on_finished_(std::move(on_finished)) {
  std::random_device seed;
  for (size_t i = 0; i < lanes.lanes(); ++i) {
    lanes_.push_back({.phase = Lane::Phase::idle,
                      .batch = std::nullopt,
                      .due = {},
                      .backoff = Backoff(settings.first_backoff, settings.backoff_cap, seed())});
  }
}

void Delivery::stop() {
  stopping_ = true;
  destination_.wake();
}

void Delivery::run() {
  std::vector<Outcome> outcomes;
  while (!stopping_) {
    start_due_lanes(clock_.steady());
    destination_.wait(until_next(clock_.steady()), outcomes);
    const SteadyTime now = clock_.steady();
    bool finished = false;
    for (const Outcome& outcome : outcomes) {
      handle(outcome, now);
      finished |= outcome.verdict == Outcome::Verdict::accepted;
    }
    outcomes.clear();
    if (finished) on_finished_();
  }
}

void Delivery::start_due_lanes(SteadyTime now) {
  for (size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = lanes_[i];
    if (!may_start(lane, now)) continue;
    if (!lane.batch) lane.batch = queues_.take(i);
    if (!lane.batch) continue;
    failpoint("delivery.before_send");
    destination_.send(i, lane.batch->text);
    failpoint("delivery.sent");
    lane.phase = Lane::Phase::in_flight;
    lane.request = ++requests_;
    ++in_flight_;
  }
}

bool Delivery::may_start(const Lane& lane, SteadyTime now) const {
  if (lane.phase == Lane::Phase::in_flight) return false;
  if (quiet_until_ && now < *quiet_until_) return false;
  if (held_) return in_flight_ == 0 && now >= next_probe_;
  return lane.phase == Lane::Phase::idle || now >= lane.due;
}

milliseconds Delivery::until_next(SteadyTime now) const {
  constexpr milliseconds kLongest{10'000};
  SteadyTime next = now + kLongest;
  if (held_) {
    if (in_flight_ == 0) next = std::min(next, next_probe_);
  } else {
    for (const Lane& lane : lanes_) {
      if (lane.phase == Lane::Phase::waiting) next = std::min(next, lane.due);
    }
  }
  if (quiet_until_ && now < *quiet_until_) next = std::max(next, *quiet_until_);
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(next - now));
}

void Delivery::handle(const Outcome& outcome, SteadyTime now) {
  Lane& lane = lanes_[outcome.lane];
  failpoint("delivery.answered");
  --in_flight_;
  switch (outcome.verdict) {
    case Outcome::Verdict::accepted:
      accept(lane, now);
      return;
    case Outcome::Verdict::retry:
      retry(lane, outcome, now);
      return;
    case Outcome::Verdict::hold:
      hold(lane, outcome, now);
      return;
  }
}

void Delivery::accept(Lane& lane, SteadyTime now) {
  ledger_.finish(lane.batch->sequences);
  failpoint("delivery.finished");
  delivered_.fetch_add(lane.batch->sequences.size(), std::memory_order_relaxed);
  queues_.release(*lane.batch);
  lane.batch.reset();
  lane.phase = Lane::Phase::idle;
  lane.backoff.reset();
  lane.failing = lane.hurried = false;
  if (held_ && lane.request <= sent_before_hold_) return;
  held_ = false;
  // One success shows that the receiver is back: no lane needs to sleep on. Once only: a batch that
  // fails for reasons of its own must not be sent again with every success of the others.
  bool failing = false;
  for (Lane& other : lanes_) {
    failing |= other.failing;
    if (other.phase != Lane::Phase::waiting || other.hurried) continue;
    other.hurried = true;
    other.due = now;
  }
  if (failing || told_.empty()) return;
  log::info("the receiver takes events again");
  told_.clear();
  condition_.set(true, "delivering");
}

void Delivery::retry(Lane& lane, const Outcome& outcome, SteadyTime now) {
  lane.phase = Lane::Phase::waiting;
  lane.failing = true;
  lane.due = now + lane.backoff.next();
  if (outcome.retry_after) {
    quiet_until_ = std::max(quiet_until_.value_or(now), now + *outcome.retry_after);
  }
  if (held_ && lane.request <= sent_before_hold_) return;
  held_ = false;
  tell_trouble(false, outcome);
}

void Delivery::hold(Lane& lane, const Outcome& outcome, SteadyTime now) {
  lane.phase = Lane::Phase::waiting;
  lane.failing = true;
  lane.due = now;
  held_ = true;
  sent_before_hold_ = requests_;
  next_probe_ = now + settings_.probe_interval;
  tell_trouble(true, outcome);
}

void Delivery::tell_trouble(bool held, const Outcome& outcome) {
  std::string text(held ? kHeldDelivery : "retrying: ");
  text += outcome.reason;
  if (!outcome.said.empty()) text.append(": ").append(outcome.said);
  if (!outcome.hint.empty()) text.append(" (").append(outcome.hint).append(")");
  if (text == told_) return;
  if (held) {
    log::error(
        "the receiver refuses events; nothing is lost: they wait, one request a minute probes",
        {{"reason", outcome.reason}, {"hint", outcome.hint}});
  } else {
    log::warn("the receiver does not take events; trying again", {{"reason", outcome.reason}});
  }
  told_ = text;
  condition_.set(false, std::move(text));
}

}  // namespace waltrack
