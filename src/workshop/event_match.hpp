#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace waltrack {

using EventJson = nlohmann::ordered_json;

// Where two events are not the same: "properties.plan". A side that does not have it is nothing.
struct Difference {
  std::string path;
  std::optional<EventJson> before;
  std::optional<EventJson> after;
};

enum class Compare {
  // Only the keys that `before` names, in maps of maps too; lists as a whole. A key that is named
  // as `{ $absent: true }` must not be there.
  named,
  whole,
};

std::vector<Difference> differences(const EventJson& before, const EventJson& after,
                                    Compare compare);

// Two lists of events side by side. An event without its like stands alone.
struct EventPair {
  std::optional<size_t> before;
  std::optional<size_t> after;
  std::vector<Difference> differences;

  bool is_same() const { return before && after && differences.empty(); }
};

// The pairing with the fewest differences that keeps the order of both. Only events of one kind
// (type and event name, or dead letters) are paired.
std::vector<EventPair> match_events(const std::vector<EventJson>& before,
                                    const std::vector<EventJson>& after, Compare compare);

// `track "Order Placed"`, for people.
std::string event_title(const EventJson& event);

}  // namespace waltrack
