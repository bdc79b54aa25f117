#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

namespace waltrack {

// Events as a test expects them or a receiver got them: for each user, in order, type, name and
// payload as one text.
class EventLists {
 public:
  void add(const std::string& user, std::string event);
  void add_all(const EventLists& other);  // behind what is there

  size_t size() const { return size_; }
  // What `got` has otherwise than this, for a person; "" when both are the same. Order counts.
  std::string difference(const EventLists& got) const;

 private:
  std::map<std::string, std::vector<std::string>> by_user_;
  size_t size_ = 0;
};

std::string track_text(const std::string& event, const nlohmann::json& properties);
std::string identify_text(const nlohmann::json& traits);

// Events in the order of their arrival, of each user.
EventLists lists_of(const std::vector<nlohmann::json>& events);

// Whole events by their messageId. Fails the running test on an id that comes twice.
std::map<std::string, std::string> by_message_id(const std::vector<nlohmann::json>& events);

}  // namespace waltrack
