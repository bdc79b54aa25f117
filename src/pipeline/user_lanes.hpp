#pragma once

#include <cstddef>
#include <cstdint>
#include <tsl/robin_map.h>

#include "model/event_users.hpp"
#include "pipeline/lane_queues.hpp"

namespace waltrack {

// In which lane each user's events are on their way. Who has none on the way is in no lane, so an
// event that names two users needs just one lane, unless events of both are on their way in two.
// Takes some 30 bytes for each user with events on their way, and keeps the room of the most there
// were. Belongs to one thread.
class UserLanes {
 public:
  explicit UserLanes(size_t lanes);

  // An event of these is on its way from now on, in the lanes that are given: in one, or as a fence
  // of all in which its users have events. To be taken back by remove(), each once.
  LaneSet add(const EventUsers& users);

  // It is complete, and the next events of its users come behind it: so a fence brings users
  // together in one of its lanes, where the next that names them needs no fence. `lanes` are
  // add()'s.
  void settle(const EventUsers& users, LaneSet lanes);

  // It has its fate, or was never sent: once for each add(), with the same users. No users is fine.
  void remove(const EventUsers& users);

  // How many have events on their way.
  size_t size() const { return ways_.size(); }

 private:
  struct Way {
    uint8_t lane = 0;
    uint32_t events = 0;  // on it
  };

  const uint32_t lanes_;
  tsl::robin_map<uint32_t, Way> ways_;  // by digest
};

}  // namespace waltrack
