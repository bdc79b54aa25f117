#include "pipeline/delivery_lanes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace waltrack {
namespace {

template <typename T>
void move_behind(std::vector<T>& all, std::vector<T> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

}  // namespace

int DeliveryLanes::suspects() const {
  int suspects = 0;
  for (const DeliveryLane& lane : lanes_)
    suspects += static_cast<int>(lane.work.suspects());
  return suspects;
}

LaneSet DeliveryLanes::suspected() const {
  LaneSet lanes = 0;
  for (const DeliveryLane& lane : lanes_)
    lanes |= lane.work.suspected();
  return lanes;
}

bool DeliveryLanes::has_failing() const {
  return std::ranges::any_of(
      lanes_, [](const DeliveryLane& lane) { return lane.failing && lane.work.has_pieces(); });
}

// `event` gives a lane's number of an event, or none.
template <typename Event>
std::optional<size_t> DeliveryLanes::oldest(Event event) const {
  std::optional<size_t> oldest;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    const std::optional<uint64_t> number = event(lanes_[i].work);
    if (number && (!oldest || *number < *event(lanes_[*oldest].work))) oldest = i;
  }
  return oldest;
}

std::optional<size_t> DeliveryLanes::oldest_suspect(uint64_t before_request) const {
  return oldest([&](const LaneWork& work) { return work.suspect(before_request); });
}

std::optional<size_t> DeliveryLanes::oldest_reopened() const {
  return oldest([](const LaneWork& work) { return work.reopened(); });
}

DeliveryLanes::Suspects DeliveryLanes::take_suspects(const LaneWork::Arrival& arrival) {
  Suspects all;
  for (DeliveryLane& lane : lanes_)
    move_behind(all, lane.work.take_suspects(arrival));
  return all;
}

void DeliveryLanes::pass_suspects(const LaneWork::Arrival& arrival) {
  for (DeliveryLane& lane : lanes_)
    lane.work.pass_suspects(arrival);
}

void DeliveryLanes::widen_suspects(LaneSet lanes) {
  for (DeliveryLane& lane : lanes_)
    lane.work.widen_suspects(lanes);
}

DeliveryLanes::Suspects DeliveryLanes::reopen() {
  Suspects late;
  for (DeliveryLane& lane : lanes_)
    move_behind(late, lane.work.reopen());
  return late;
}

void DeliveryLanes::set_aside_reopened() {
  for (DeliveryLane& lane : lanes_) {
    lane.work.set_aside_reopened();
    lane.retests_suspect = false;
  }
}

std::vector<LaneWork::Piece> DeliveryLanes::take_pieces() {
  std::vector<LaneWork::Piece> all;
  for (DeliveryLane& lane : lanes_) {
    move_behind(all, lane.work.take_pieces());
    lane.retests_suspect = false;
  }
  return all;
}

}  // namespace waltrack
