#include "pipeline/user_lanes.hpp"

#include <bit>
#include <span>

namespace waltrack {

UserLanes::UserLanes(size_t lanes) : lanes_(static_cast<uint32_t>(lanes)) {}

LaneSet UserLanes::add(const EventUsers& users) {
  const std::span<const uint32_t> named = users.named();
  const auto usual = static_cast<uint8_t>(users.digests[0] % lanes_);
  if (named.size() == 1) {  // most are
    Way& way = ways_.try_emplace(named[0], Way{usual}).first.value();
    ++way.events;
    return LaneSet{1} << way.lane;
  }
  LaneSet lanes = 0;
  for (const uint32_t user : named) {
    const auto way = ways_.find(user);
    if (way != ways_.end()) lanes |= LaneSet{1} << way->second.lane;
  }
  if (lanes == 0) lanes = LaneSet{1} << usual;
  const auto lane = static_cast<uint8_t>(std::countr_zero(lanes));
  for (const uint32_t user : named)
    ++ways_.try_emplace(user, Way{lane}).first.value().events;
  return lanes;
}

void UserLanes::settle(const EventUsers& users, LaneSet lanes) {
  if (std::has_single_bit(lanes)) return;
  for (const uint32_t user : users.named())
    ways_.at(user).lane = static_cast<uint8_t>(std::countr_zero(lanes));
}

void UserLanes::remove(const EventUsers& users) {
  for (const uint32_t user : users.named()) {
    const auto way = ways_.find(user);
    if (--way.value().events == 0) ways_.erase(way);
  }
}

}  // namespace waltrack
