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
#include "pipeline/delivery_lanes.hpp"
#include "pipeline/delivery_trouble.hpp"
#include "pipeline/event_fates.hpp"
#include "pipeline/lane_queues.hpp"
#include "pipeline/lane_work.hpp"
#include "pipeline/request_figures.hpp"
#include "pipeline/spooler.hpp"
#include "pipeline/stage_watch.hpp"

namespace waltrack {

struct DeliverySettings {
  std::chrono::milliseconds first_backoff{500};
  std::chrono::milliseconds backoff_cap{60'000};
  std::chrono::milliseconds probe_interval{60'000};  // while held
  // What was refused waits so long for others to show that the receiver takes some.
  std::chrono::milliseconds patience{2'000};
  std::optional<uint64_t> seed = std::nullopt;  // of the jitter; none: a random one
  // An event that is refused alone is at fault, whatever becomes of others: where that costs it
  // nothing.
  bool believe_refusals = false;
};

// Sends the lanes' batches, one request in flight a lane, each batch until it is accepted: a batch
// that must wait keeps its lane, so a user's events stay in order. While a lane's request is in
// flight events gather, and for a moment from when it began (see kGatheringPerEvent); else an idle
// lane sends at once. run() is the delivery thread.
//
// A batch that is refused is split until the culprits stand alone (LaneWork). They are told to the
// fates as refused once the receiver has shown that it takes others: it accepted one that was sent
// later, or another of the same batch, or, for a batch of one, the last before kMostLoneCulprits
// such. Where it takes none (nothing of a batch with nothing else to send, or kMostInARow events
// refused in a row) all is held, as after an answer that says so. It probes now and then, and when
// there was nothing new as soon as there is: with all events that were set aside, the oldest first,
// and then with one that is new (more while fewer than kMostInARow are set aside), of another lane
// if it can be. Only an acceptance ends it then. When it ends, the events that were set aside are
// sent once more, one at a time and before all others, unless one that is newer and names the same
// users has passed them: so the order holds.
class Delivery {
 public:
  static constexpr int kMostInARow = 10;
  static constexpr int kMostLoneCulprits = 3;
  // From when it takes a batch a lane lets events gather, the longer the more were in it: a few
  // large requests cost a tenth of many small ones, and where little happens each event is sent at
  // once.
  static constexpr std::chrono::milliseconds kGatheringPerEvent{2};
  static constexpr std::chrono::milliseconds kMostGathering{20};

  // `on_finished` is called from the delivery thread after events finished. With a spooler events
  // that can't be sent for long go there, and come back from there.
  Delivery(LaneQueues& lanes, EventFates& fates, Destination& destination,
           DeliveryCondition& condition, const Clock& clock, DeliverySettings settings,
           std::function<void()> on_finished, Spooler* spooler = nullptr);

  // Who counts requests and sees to it that they get on. Before run().
  void observe(RequestFigures& figures, Stage& stage) {
    figures_ = &figures;
    stage_ = &stage;
  }

  // Delivers until stop(). Requests in flight then are given up: their events stay unfinished.
  void run();

  // Any thread.
  void stop();
  void wake() { destination_.wake(); }

  uint64_t delivered_events() const { return delivered_.load(std::memory_order_relaxed); }

 private:
  using Lane = DeliveryLane;

  void see_to_the_spool(SteadyTime now);
  bool is_away_for_long(SteadyTime now) const;
  void work_from(LaneQueues& queues, EventFates& fates);
  void start_due_lanes(SteadyTime now);
  bool may_start(size_t lane, SteadyTime now) const;
  bool gathers(size_t lane, SteadyTime now) const;
  bool load(size_t lane);
  void choose_probe(SteadyTime now);
  bool choose_suspect();
  bool choose_new();
  std::chrono::milliseconds until_next(SteadyTime now) const;
  void handle(const Outcome& outcome, SteadyTime now);
  void accept(size_t lane, SteadyTime now);
  void refuse(size_t lane, const Outcome& outcome, SteadyTime now);
  void retry(Lane& lane, const Outcome& outcome, SteadyTime now);
  void hold(const Outcome& outcome, SteadyTime now);
  void hold_until(SteadyTime next_probe);
  void hold_refusals(const Outcome& outcome, SteadyTime now);
  void end_hold();
  // The lane whose turn it is, while events are sent again that were set aside.
  std::optional<size_t> restoring() const { return lanes_.oldest_reopened(); }
  void condemn(std::vector<LaneWork::Suspect> suspects);
  void blame(Lane& lane);
  void hurry_others(SteadyTime now);
  void end_trouble();
  void hold_for_want_of_evidence(SteadyTime now);
  bool has_something_to_send();
  // Events that have no fate yet.
  bool has_work() const { return queues_->bytes() > 0 || restoring() || lanes_.has_suspects(); }

  LaneQueues& incoming_;
  EventFates& stream_fates_;
  Destination& destination_;
  DeliveryTrouble trouble_;
  const Clock& clock_;
  const DeliverySettings settings_;
  const std::function<void()> on_finished_;
  Spooler* const spooler_;             // may be none
  RequestFigures* figures_ = nullptr;  // both may be none
  Stage* stage_ = nullptr;

  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> delivered_ = 0;

  // The delivery thread's own.
  LaneQueues* queues_;  // incoming_, or the spooler's, and their fates
  EventFates* fates_;
  bool leaving_ = false;  // nothing more is sent before the spool is in use
  DeliveryLanes lanes_;
  SteadyTime looked_at_;  // when it last looked which lanes may start
  size_t in_flight_ = 0;
  std::optional<SteadyTime> quiet_until_;  // the receiver asked all lanes to wait
  uint64_t requests_ = 0;                  // counts them
  bool finished_ = false;                  // events, since on_finished_ was called
  bool spooled_ = false;                   // likewise; no progress: the receiver has none of them
  bool has_accepted_ = false;              // anything, ever
  int suspected_ = 0;                      // since the last acceptance, or since the probe began
  // Events are set aside and nothing else is to be sent: if that is still so then, it holds.
  std::optional<SteadyTime> evidence_due_;
  Outcome last_refusal_;

  bool held_ = false;              // then one lane at a time may send, from next_probe_ on
  uint64_t sent_before_hold_ = 0;  // what was sent up to here says nothing about this probe
  SteadyTime next_probe_;
  bool starved_ = false;           // for want of other events: it probes as soon as there is one
  std::optional<size_t> probing_;  // the lane that probes now
  size_t probe_from_ = 0;          // the lane that is asked first the next time
};

}  // namespace waltrack
