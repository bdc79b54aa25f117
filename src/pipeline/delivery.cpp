#include "pipeline/delivery.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "base/failpoint.hpp"

namespace waltrack {

using std::chrono::milliseconds;

namespace {

LaneWork::Arrival arrival_of(const LaneWork::Piece& piece, uint64_t request) {
  LaneWork::Arrival arrival{piece.lanes, request};
  if (piece.reopened) arrival.number = piece.events.sequences.front();
  return arrival;
}

}  // namespace

Delivery::Delivery(LaneQueues& lanes, EventFates& fates, Destination& destination,
                   DeliveryCondition& condition, const Clock& clock, DeliverySettings settings,
                   std::function<void()> on_finished, Spooler* spooler)
    : incoming_(lanes),
      stream_fates_(fates),
      destination_(destination),
      trouble_(condition, clock),
      clock_(clock),
      settings_(settings),
      on_finished_(std::move(on_finished)),
      spooler_(spooler),
      queues_(&lanes),
      fates_(&fates) {
  const uint64_t seed = settings.seed.value_or(std::random_device()());
  for (size_t i = 0; i < lanes.lanes(); ++i) {
    lanes_.add(Backoff(settings.first_backoff, settings.backoff_cap, seed + i));
  }
}

void Delivery::stop() {
  stopping_ = true;
  destination_.wake();
}

void Delivery::run() {
  std::vector<Outcome> outcomes;
  if (spooler_ != nullptr && spooler_->in_use()) work_from(spooler_->outgoing(), *spooler_);
  while (!stopping_) {
    if (spooler_ != nullptr) see_to_the_spool(clock_.steady());
    if (stage_ != nullptr) {
      stage_->turn();
      stage_->work(has_work());
    }
    if (!leaving_) start_due_lanes(clock_.steady());
    destination_.wait(until_next(clock_.steady()), outcomes);
    const SteadyTime now = clock_.steady();
    for (const Outcome& outcome : outcomes)
      handle(outcome, now);
    outcomes.clear();
    if (finished_ && stage_ != nullptr) stage_->progress();
    const bool stored = std::exchange(spooled_, false);
    if (std::exchange(finished_, false) || stored) on_finished_();
  }
}

void Delivery::see_to_the_spool(SteadyTime now) {
  if (!spooler_->in_use()) {
    leaving_ = is_away_for_long(now);
    if (!leaving_ || in_flight_ > 0) return;
    leaving_ = false;
    condemn(lanes_.reopen());
    spooler_->begin(lanes_.take_pieces());
    work_from(spooler_->outgoing(), *spooler_);
  }
  spooled_ |= spooler_->work();
  if (!spooler_->end()) return;
  work_from(incoming_, stream_fates_);
  end_trouble();
}

bool Delivery::is_away_for_long(SteadyTime now) const {
  return trouble_.since() && now - *trouble_.since() >= spooler_->after() && has_work();
}

void Delivery::work_from(LaneQueues& queues, EventFates& fates) {
  queues_ = &queues;
  fates_ = &fates;
  probing_.reset();
  suspected_ = 0;
}

void Delivery::start_due_lanes(SteadyTime now) {
  looked_at_ = now;
  hold_for_want_of_evidence(now);
  if (held_ && !probing_ && in_flight_ == 0) {
    if (now >= next_probe_) suspected_ = 0;
    if (now >= next_probe_ || (starved_ && has_something_to_send())) choose_probe(now);
  }
  const std::optional<size_t> restoring = held_ ? std::nullopt : this->restoring();
  for (size_t i = 0; i < lanes_.size(); ++i) {
    if (restoring && (i != *restoring || in_flight_ > 0)) continue;
    if (!may_start(i, now) || gathers(i, now)) continue;
    Lane& lane = lanes_[i];
    if (!load(i)) {
      lane.phase = Lane::Phase::idle;  // what it waited with went elsewhere, into the spool
      continue;
    }
    failpoint("delivery.before_send");
    destination_.send(i, lane.work.piece().events.text);
    failpoint("delivery.sent");
    lane.phase = Lane::Phase::in_flight;
    lane.request = ++requests_;
    lane.sent = now;
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

// Whether the lane lets events gather for a moment.
bool Delivery::gathers(size_t i, SteadyTime now) const {
  const Lane& lane = lanes_[i];
  return !held_ && now < lane.gathers_until && !lane.work.has_pieces() && queues_->may_grow(i);
}

// Sees to it that the lane has something to send, if there is anything.
bool Delivery::load(size_t i) {
  Lane& lane = lanes_[i];
  if (lane.work.has_pieces()) return true;
  std::optional<LaneQueues::Taken> taken = queues_->take(i);
  if (!taken) return false;
  lane.batch_events = taken->events.count();
  lane.took_some = false;
  lane.gathers_until =
      clock_.steady() +
      std::min(kMostGathering, kGatheringPerEvent * static_cast<int64_t>(lane.batch_events));
  lane.work.begin(*std::move(taken));
  return true;
}

// The oldest event that was set aside and that this probe has not tried. All of them come before
// anything new, which would pass them. False when there is none.
bool Delivery::choose_suspect() {
  const uint64_t before_request = sent_before_hold_ + 1;
  const std::optional<size_t> lane = lanes_.oldest_suspect(before_request);
  if (!lane) return false;
  lanes_[*lane].work.reopen_first(before_request);
  lanes_[*lane].retests_suspect = true;
  probing_ = lane;
  return true;
}

// The next of another lane than those in which something was set aside, which so passes nobody, or
// else of any. False when there is none.
bool Delivery::choose_new() {
  const LaneSet suspected = lanes_.suspected();
  for (const LaneSet lanes : {~suspected, suspected}) {
    for (size_t n = 0; n < lanes_.size(); ++n) {
      const size_t i = (probe_from_ + n) % lanes_.size();
      if ((lanes >> i & 1) == 0 || !load(i)) continue;
      probing_ = i;
      probe_from_ = i + 1;
      return true;
    }
  }
  return false;
}

void Delivery::choose_probe(SteadyTime now) {
  starved_ = !choose_suspect() && !choose_new();
  if (!starved_) return;
  next_probe_ = now + settings_.probe_interval;
}

milliseconds Delivery::until_next(SteadyTime now) const {
  constexpr milliseconds kLongest{10'000};
  if (leaving_) return kLongest;  // or until an answer comes
  SteadyTime next = now + kLongest;
  if (held_) {
    if (in_flight_ == 0) next = probing_ ? now : std::min(next, next_probe_);
  } else {
    const std::optional<size_t> restoring = this->restoring();
    for (size_t i = 0; i < lanes_.size(); ++i) {
      const Lane& lane = lanes_[i];
      if (lane.phase == Lane::Phase::in_flight) continue;
      if (restoring && (i != *restoring || in_flight_ > 0)) continue;
      if (lane.phase == Lane::Phase::waiting) next = std::min(next, lane.due);
      // It may have passed meanwhile: other lanes' batches take a while to compress.
      if (lane.gathers_until > looked_at_) next = std::min(next, lane.gathers_until);
    }
  }
  if (evidence_due_) next = std::min(next, *evidence_due_);
  if (quiet_until_ && now < *quiet_until_) {
    next = std::min(std::max(next, *quiet_until_), now + kLongest);
  }
  if (spooler_ != nullptr && spooler_->in_use()) next = std::min(next, now + spooler_->patience());
  if (spooler_ != nullptr && !spooler_->in_use() && trouble_.since() && has_work()) {
    next = std::min(next, *trouble_.since() + spooler_->after());
  }
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(next - now));
}

void Delivery::handle(const Outcome& outcome, SteadyTime now) {
  Lane& lane = lanes_[outcome.lane];
  failpoint("delivery.answered");
  --in_flight_;
  if (figures_ != nullptr) figures_->finished(outcome, now - lane.sent);
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
  fates_->accepted(done.events.sequences);
  failpoint("delivery.finished");
  delivered_.fetch_add(done.events.count(), std::memory_order_relaxed);
  finished_ = true;
  if (!lane.work.has_pieces()) queues_->finish(i);
  lane.phase = Lane::Phase::idle;
  lane.backoff.reset();
  lane.failing = lane.hurried = false;
  lane.took_some = has_accepted_ = true;
  trouble_.accepted();
  const bool retested = std::exchange(lane.retests_suspect, false);
  // Newer events of the same users have passed those.
  condemn(lanes_.take_suspects(arrival_of(done, lane.request)));
  if (held_ && lane.request <= sent_before_hold_) return;
  suspected_ = 0;
  if (held_ || retested) {
    end_hold();
  } else if (!restoring()) {
    condemn(lanes_.take_suspects({~LaneSet{0}, lane.request}));
  }
  hurry_others(now);
}

// What was set aside was so for the receiver's sake, perhaps: it gets a new chance.
void Delivery::end_hold() {
  held_ = false;
  probing_.reset();
  condemn(lanes_.reopen());
}

// One success shows that the receiver is back: no lane needs to sleep on. Once only: a batch that
// fails for reasons of its own must not be sent again with every success of the others.
void Delivery::hurry_others(SteadyTime now) {
  for (Lane& other : lanes_) {
    if (other.phase != Lane::Phase::waiting || other.hurried) continue;
    other.hurried = true;
    other.due = now;
  }
  end_trouble();
}

// Unless a lane is in it still. A receiver that refuses the last event of a lane is there, too.
void Delivery::end_trouble() {
  if (!held_ && !lanes_.has_failing()) trouble_.over();
}

// They are at fault.
void Delivery::condemn(std::vector<LaneWork::Suspect> suspects) {
  for (LaneWork::Suspect& suspect : suspects) {
    EventBatch& event = suspect.piece.events;
    fates_->refused(event.sequences.front(), std::move(event.text), suspect.piece.why);
    finished_ = true;
  }
}

// What the lane has set aside is at fault.
void Delivery::blame(Lane& lane) {
  condemn(lane.work.take_suspects({~LaneSet{0}, lane.request + 1}));
  end_trouble();
}

void Delivery::refuse(size_t i, const Outcome& outcome, SteadyTime now) {
  Lane& lane = lanes_[i];
  lane.phase = Lane::Phase::idle;
  trouble_.tell_refusal(lane.work.piece().events.count(), outcome);
  const bool retested = std::exchange(lane.retests_suspect, false);
  const bool reopened = lane.work.piece().reopened;
  const LaneSet lanes = lane.work.piece().lanes;
  if (!lane.work.refuse({outcome.reason, outcome.said}, lane.request)) return;
  lanes_.widen_suspects(lanes);
  if (!lane.work.has_pieces()) queues_->finish(i);
  lane.failing = lane.hurried = false;
  // Refused before and after the receiver took others.
  if (reopened && !held_) return blame(lane);
  if (!retested) ++suspected_;
  if (settings_.believe_refusals) {
    blame(lane);
    if (suspected_ < kMostInARow) return;
  }
  if (suspected_ >= kMostInARow) return hold_refusals(outcome, now);
  if (held_) {
    if (retested && choose_suspect()) return;
    // Of those that are new not more than are needed: each will have to be tried in each probe.
    if ((retested || lanes_.suspects() < kMostInARow) && choose_new()) return;
    hold_refusals(outcome, now);
    starved_ = !has_something_to_send();
    return;
  }
  if (load(i)) return;  // what the receiver makes of the next will tell
  const bool lone = lane.batch_events == 1 && has_accepted_ && suspected_ <= kMostLoneCulprits;
  if (lane.took_some || lone) return blame(lane);
  last_refusal_ = outcome;
  if (!evidence_due_) evidence_due_ = now + settings_.patience;
}

// Events are set aside, and no other is there that would tell whose fault it is.
void Delivery::hold_for_want_of_evidence(SteadyTime now) {
  if (!evidence_due_ || now < *evidence_due_) return;
  evidence_due_.reset();
  if (held_ || !lanes_.has_suspects()) return;
  if (in_flight_ > 0 || has_something_to_send()) {
    evidence_due_ = now + settings_.patience;
    return;
  }
  hold_refusals(last_refusal_, now);
  starved_ = true;
}

bool Delivery::has_something_to_send() {
  for (size_t i = 0; i < lanes_.size(); ++i) {
    if (load(i)) return true;
  }
  return false;
}

void Delivery::retry(Lane& lane, const Outcome& outcome, SteadyTime now) {
  lane.phase = Lane::Phase::waiting;
  lane.failing = true;
  lane.due = now + lane.backoff.next();
  const LaneWork::Piece& piece = lane.work.piece();
  lanes_.pass_suspects(arrival_of(piece, lane.request));
  if (outcome.retry_after) {
    quiet_until_ = std::max(quiet_until_.value_or(now), now + *outcome.retry_after);
  }
  if (held_ && lane.request <= sent_before_hold_) return;
  trouble_.tell(false, outcome);
  // It says nothing of what was refused: that waits for an acceptance.
  if (held_ && (piece.reopened || lanes_.has_suspects())) return hold_until(lane.due);
  held_ = false;
  probing_.reset();
}

void Delivery::hold(const Outcome& outcome, SteadyTime now) {
  hold_until(now + settings_.probe_interval);
  trouble_.tell(true, outcome);
}

void Delivery::hold_until(SteadyTime next_probe) {
  held_ = true;
  starved_ = false;
  probing_.reset();
  sent_before_hold_ = requests_;
  next_probe_ = next_probe;
  lanes_.set_aside_reopened();
}

void Delivery::hold_refusals(const Outcome& outcome, SteadyTime now) {
  Outcome all = outcome;
  all.reason = "every event is refused with " + outcome.reason;
  all.hint =
      "when it refuses them all the fault is hardly theirs: check destination.url, the write key, "
      "and what stands between here and the receiver";
  hold(all, now);
}

}  // namespace waltrack
