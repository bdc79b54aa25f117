#include "workshop/event_match.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace waltrack {
namespace {

// Without regard to the order of keys.
bool same(const EventJson& a, const EventJson& b) {
  return nlohmann::json(a) == nlohmann::json(b);
}

// `{ $absent: true }`: the key must not be there.
bool is_absence(const EventJson& value) {
  return value.is_object() && value.size() == 1 && value.contains("$absent") &&
         value["$absent"] == true;
}

void compare_values(const EventJson& before, const EventJson& after, Compare how,
                    const std::string& path, std::vector<Difference>& found) {
  if (!before.is_object() || !after.is_object()) {
    if (!same(before, after)) found.push_back({path, before, after});
    return;
  }
  const std::string prefix = path.empty() ? "" : path + ".";
  for (const auto& [key, value] : before.items()) {
    const auto other = after.find(key);
    if (how == Compare::named && is_absence(value)) {
      if (other != after.end()) found.push_back({prefix + key, value, *other});
    } else if (other == after.end()) {
      found.push_back({prefix + key, value, std::nullopt});
    } else {
      compare_values(value, *other, how, prefix + key, found);
    }
  }
  if (how == Compare::named) return;
  for (const auto& [key, value] : after.items()) {
    if (!before.contains(key)) found.push_back({prefix + key, std::nullopt, value});
  }
}

bool may_be_paired(const EventJson& before, const EventJson& after) {
  return std::ranges::all_of(std::array{"type", "event", "dead_letter"}, [&](const char* key) {
    const auto a = before.find(key);
    const auto b = after.find(key);
    // What only one of the two says: an expectation need not name it, but a dead letter is no
    // event.
    if (a == before.end() || b == after.end()) {
      return std::string_view(key) != "dead_letter" || (a == before.end()) == (b == after.end());
    }
    return *a == *b;
  });
}

}  // namespace

std::vector<Difference> differences(const EventJson& before, const EventJson& after,
                                    Compare compare) {
  std::vector<Difference> found;
  compare_values(before, after, compare, "", found);
  return found;
}

std::vector<EventPair> match_events(const std::vector<EventJson>& before,
                                    const std::vector<EventJson>& after, Compare compare) {
  // The edit distance of the two lists: leaving one alone costs kAlone, a pair what it differs by.
  constexpr size_t kAlone = 10'000;
  const size_t n = before.size();
  const size_t m = after.size();
  std::vector<std::vector<size_t>> cost(n + 1, std::vector<size_t>(m + 1));
  const auto pair_cost = [&](size_t i, size_t j) {
    if (!may_be_paired(before[i], after[j])) return 2 * kAlone + 1;
    return std::min(differences(before[i], after[j], compare).size(), kAlone);
  };
  for (size_t i = n + 1; i-- > 0;) {
    for (size_t j = m + 1; j-- > 0;) {
      if (i == n || j == m) {
        cost[i][j] = (n - i + m - j) * kAlone;
        continue;
      }
      cost[i][j] = std::min(
          {cost[i + 1][j] + kAlone, cost[i][j + 1] + kAlone, cost[i + 1][j + 1] + pair_cost(i, j)});
    }
  }
  std::vector<EventPair> pairs;
  for (size_t i = 0, j = 0; i < n || j < m;) {
    if (i < n && j < m && cost[i][j] == cost[i + 1][j + 1] + pair_cost(i, j)) {
      pairs.push_back({i, j, differences(before[i], after[j], compare)});
      ++i, ++j;
    } else if (i < n && cost[i][j] == cost[i + 1][j] + kAlone) {
      pairs.push_back({i++, std::nullopt, {}});
    } else {
      pairs.push_back({std::nullopt, j++, {}});
    }
  }
  return pairs;
}

std::string event_title(const EventJson& event) {
  const auto text = [&](const char* key) {
    const auto found = event.find(key);
    return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (event.contains("dead_letter")) return "dead letter of " + text("rule");
  std::string title = text("type");
  for (const char* key : {"event", "name", "groupId", "previousId"}) {
    if (!event.contains(key)) continue;
    return title + " " + text(key);
  }
  return title.empty() ? "an event" : title;
}

}  // namespace waltrack
