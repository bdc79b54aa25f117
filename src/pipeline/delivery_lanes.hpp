#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/backoff.hpp"
#include "base/clock.hpp"
#include "pipeline/lane_work.hpp"

namespace waltrack {

// A lane as delivery sees it: one request in flight at most.
struct DeliveryLane {
  enum class Phase { idle, in_flight, waiting };
  Phase phase = Phase::idle;
  LaneWork work{};
  size_t batch_events = 0;       // of the batch that it took last
  bool took_some = false;        // the receiver, of that batch
  bool retests_suspect = false;  // the first piece is a suspect that was reopened alone
  SteadyTime gathers_until{};    // before that it takes no new batch
  SteadyTime due{};              // waiting: when to try again
  Backoff backoff;
  uint64_t request = 0;  // the number of its last one
  SteadyTime sent{};     // that one
  bool failing = false;  // its batch was not accepted yet
  bool hurried = false;  // failing: it was tried at once after another lane's success
};

// All of them, and what is asked of them together. Belongs to the delivery thread.
class DeliveryLanes {
 public:
  using Suspects = std::vector<LaneWork::Suspect>;

  void add(Backoff backoff) { lanes_.push_back({.backoff = std::move(backoff)}); }

  size_t size() const { return lanes_.size(); }
  DeliveryLane& operator[](size_t lane) { return lanes_[lane]; }
  const DeliveryLane& operator[](size_t lane) const { return lanes_[lane]; }
  auto begin() { return lanes_.begin(); }
  auto end() { return lanes_.end(); }

  bool has_suspects() const { return suspects() > 0; }
  int suspects() const;
  // The lanes in which later events of suspects' users may travel.
  LaneSet suspected() const;
  // Something of it failed, and is still to be sent.
  bool has_failing() const;

  // The lane whose suspect, or whose reopened event, is the oldest.
  std::optional<size_t> oldest_suspect(uint64_t before_request) const;
  std::optional<size_t> oldest_reopened() const;

  // See LaneWork. The suspects that are given are the caller's.
  Suspects take_suspects(const LaneWork::Arrival& arrival);
  void pass_suspects(const LaneWork::Arrival& arrival);
  void widen_suspects(LaneSet lanes);
  Suspects reopen();
  void set_aside_reopened();
  std::vector<LaneWork::Piece> take_pieces();

 private:
  template <typename Event>
  std::optional<size_t> oldest(Event event) const;

  std::vector<DeliveryLane> lanes_;
};

}  // namespace waltrack
