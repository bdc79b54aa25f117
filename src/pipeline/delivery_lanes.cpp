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

bool DeliveryLanes::has_suspects() const {
  return std::ranges::any_of(lanes_,
                             [](const DeliveryLane& lane) { return lane.work.has_suspects(); });
}

bool DeliveryLanes::has_failing() const {
  return std::ranges::any_of(
      lanes_, [](const DeliveryLane& lane) { return lane.failing && lane.work.has_pieces(); });
}

std::optional<size_t> DeliveryLanes::oldest(std::optional<uint64_t> (LaneWork::*event)()
                                                const) const {
  std::optional<size_t> oldest;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    const std::optional<uint64_t> number = (lanes_[i].work.*event)();
    if (number && (!oldest || *number < *(lanes_[*oldest].work.*event)())) oldest = i;
  }
  return oldest;
}

DeliveryLanes::Suspects DeliveryLanes::take_suspects(LaneSet of, uint64_t before_request) {
  Suspects all;
  for (DeliveryLane& lane : lanes_)
    move_behind(all, lane.work.take_suspects(of, before_request));
  return all;
}

void DeliveryLanes::pass_suspects(LaneSet of, uint64_t request) {
  for (DeliveryLane& lane : lanes_)
    lane.work.pass_suspects(of, request);
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
