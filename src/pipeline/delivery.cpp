#include "pipeline/delivery.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "base/log.hpp"
#include "model/progress.hpp"

namespace waltrack {

using std::chrono::milliseconds;

Delivery::Delivery(LaneQueues& lanes, EventFates& fates, Destination& destination,
                   DeliveryCondition& condition, const Clock& clock, DeliverySettings settings,
                   std::function<void()> on_finished)
    : queues_(lanes),
      fates_(fates),
      destination_(destination),
      condition_(condition),
      clock_(clock),
      settings_(settings),
      on_finished_(std::move(on_finished)) {
  std::random_device seed;
  for (size_t i = 0; i < lanes.lanes(); ++i) {
    lanes_.push_back({.backoff = Backoff(settings.first_backoff, settings.backoff_cap, seed())});
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
    for (const Outcome& outcome : outcomes)
      handle(outcome, now);
    outcomes.clear();
    if (std::exchange(finished_, false)) on_finished_();
  }
}

void Delivery::start_due_lanes(SteadyTime now) {
  if (held_ && !probing_ && in_flight_ == 0 && now >= next_probe_) choose_probe();
  const std::optional<size_t> restoring = held_ ? std::nullopt : this->restoring();
  for (size_t i = 0; i < lanes_.size(); ++i) {
    if (restoring && (i != *restoring || in_flight_ > 0)) continue;
    if (!may_start(i, now) || !load(i)) continue;
    Lane& lane = lanes_[i];
    destination_.send(i, lane.work.piece().events.text);
    lane.phase = Lane::Phase::in_flight;
    lane.request = ++requests_;
    ++in_flight_;
  }
}

bool Delivery::may_start(size_t i, SteadyTime now) const {
  const Lane& lane = lanes_[i];
  if (lane.phase == Lane::Phase::in_flight) return false;
  if (quiet_until_ && now < *quiet_until_) return false;
  if (held_) return in_flight_ == 0 && probing_ == i;
  return lane.phase == Lane::Phase::idle || now >= lane.due;
}

// Sees to it that the lane has something to send, if there is anything.
bool Delivery::load(size_t i) {
  Lane& lane = lanes_[i];
  if (lane.work.has_pieces()) return true;
  std::optional<LaneQueues::Taken> taken = queues_.take(i);
  if (!taken) return false;
  lane.batch_events = taken->events.count();
  lane.took_some = false;
  lane.work.begin(*std::move(taken));
  return true;
}

void Delivery::choose_probe() {
  suspected_ = 0;
  probing_ = restoring();
  if (probing_) return;
  for (size_t n = 0; n < lanes_.size(); ++n) {
    const size_t i = (probe_from_ + n) % lanes_.size();
    Lane& lane = lanes_[i];
    if (lane.work.has_suspects()) {
      lane.work.reopen_first();
      lane.retests_suspect = true;
    } else if (!load(i)) {
      continue;
    }
    probing_ = i;
    probe_from_ = i + 1;
    return;
  }
}

milliseconds Delivery::until_next(SteadyTime now) const {
  constexpr milliseconds kLongest{10'000};
  SteadyTime next = now + kLongest;
  if (held_) {
    if (in_flight_ == 0) next = probing_ ? now : std::min(next, next_probe_);
  } else {
    const std::optional<size_t> restoring = this->restoring();
    for (size_t i = 0; i < lanes_.size(); ++i) {
      if (lanes_[i].phase != Lane::Phase::waiting || (restoring && i != *restoring)) continue;
      next = std::min(next, lanes_[i].due);
    }
  }
  if (quiet_until_ && now < *quiet_until_) next = std::max(next, *quiet_until_);
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(next - now));
}

void Delivery::handle(const Outcome& outcome, SteadyTime now) {
  Lane& lane = lanes_[outcome.lane];
  --in_flight_;
  switch (outcome.verdict) {
    case Outcome::Verdict::accepted:
      accept(outcome.lane, now);
      return;
    case Outcome::Verdict::refused:
      refuse(outcome.lane, outcome, now);
      return;
    case Outcome::Verdict::retry:
      retry(lane, outcome, now);
      return;
    case Outcome::Verdict::hold:
      lane.phase = Lane::Phase::waiting;
      lane.failing = true;
      lane.due = now;
      hold(outcome, now);
      return;
  }
}

void Delivery::accept(size_t i, SteadyTime now) {
  Lane& lane = lanes_[i];
  const LaneWork::Piece done = lane.work.accept();
  fates_.accepted(done.events.sequences);
  delivered_.fetch_add(done.events.count(), std::memory_order_relaxed);
  finished_ = true;
  if (!lane.work.has_pieces()) queues_.finish(i);
  lane.phase = Lane::Phase::idle;
  lane.backoff.reset();
  lane.failing = lane.hurried = false;
  lane.took_some = has_accepted_ = true;
  const bool retested = std::exchange(lane.retests_suspect, false);
  // Newer events of the same users have passed those.
  if (!done.reopened) condemn(done.lanes, lane.request);
  if (held_ && lane.request <= sent_before_hold_) return;
  suspected_ = 0;
  if (held_ || retested) {
    end_hold();
  } else if (!restoring()) {
    condemn(~LaneSet{0}, lane.request);
  }
  hurry_others(now);
}

// What was set aside was so for the receiver's sake, perhaps: it gets a new chance.
void Delivery::end_hold() {
  held_ = false;
  probing_.reset();
  for (Lane& lane : lanes_)
    lane.work.reopen();
}

// The lane whose event was set aside, is to be sent again, and is the oldest of such.
std::optional<size_t> Delivery::restoring() const {
  std::optional<size_t> oldest;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    const std::optional<uint64_t> number = lanes_[i].work.reopened();
    if (number && (!oldest || *number < *lanes_[*oldest].work.reopened())) oldest = i;
  }
  return oldest;
}

// One success shows that the receiver is back: no lane needs to sleep on. Once only: a batch that
// fails for reasons of its own must not be sent again with every success of the others.
void Delivery::hurry_others(SteadyTime now) {
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

// The events of any of these lanes that were set aside before that request are at fault.
void Delivery::condemn(LaneSet lanes, uint64_t before_request) {
  for (Lane& lane : lanes_)
    condemn(lane, lanes, before_request);
}

void Delivery::condemn(Lane& lane, LaneSet lanes, uint64_t before_request) {
  for (LaneWork::Suspect& suspect : lane.work.take_suspects(lanes, before_request)) {
    EventBatch& event = suspect.piece.events;
    fates_.refused(event.sequences.front(), std::move(event.text), suspect.why);
    finished_ = true;
  }
}

void Delivery::refuse(size_t i, const Outcome& outcome, SteadyTime now) {
  Lane& lane = lanes_[i];
  lane.phase = Lane::Phase::idle;
  tell_refusal(lane, outcome, now);
  const bool retested = std::exchange(lane.retests_suspect, false);
  if (!lane.work.refuse({outcome.reason, outcome.said}, lane.request)) return;
  if (!lane.work.has_pieces()) queues_.finish(i);
  lane.failing = lane.hurried = false;
  if (!retested) ++suspected_;
  if (settings_.believe_refusals) {
    condemn(lane, ~LaneSet{0}, lane.request + 1);
    if (suspected_ < kMostInARow) return;
  }
  if (suspected_ >= kMostInARow) return hold_refusals(outcome, now);
  if (load(i)) return;  // what the receiver makes of the next will tell
  const bool lone = lane.batch_events == 1 && has_accepted_ && suspected_ <= kMostLoneCulprits;
  if (!held_ && (lane.took_some || lone)) {
    condemn(lane, ~LaneSet{0}, lane.request + 1);
  } else {
    hold_refusals(outcome, now);
  }
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
  probing_.reset();
  tell_trouble(false, outcome);
}

void Delivery::hold(const Outcome& outcome, SteadyTime now) {
  held_ = true;
  probing_.reset();
  sent_before_hold_ = requests_;
  next_probe_ = now + settings_.probe_interval;
  tell_trouble(true, outcome);
}

void Delivery::hold_refusals(const Outcome& outcome, SteadyTime now) {
  Outcome all = outcome;
  all.reason = "every event is refused with " + outcome.reason;
  all.hint =
      "when it refuses them all the fault is hardly theirs: check destination.url, the write key, "
      "and what stands between here and the receiver";
  hold(all, now);
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

// A table full of events that are refused is told once a minute.
void Delivery::tell_refusal(const Lane& lane, const Outcome& outcome, SteadyTime now) {
  constexpr std::chrono::minutes kBetween{1};
  if (told_refusal_at_ && now - *told_refusal_at_ < kBetween) return;
  told_refusal_at_ = now;
  log::warn("the receiver refused a request; sending its events in parts to find those at fault",
            {{"reason", outcome.reason}, {"events", lane.work.piece().events.count()}});
}

}  // namespace waltrack
