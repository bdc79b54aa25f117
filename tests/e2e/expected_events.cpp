#include "e2e/expected_events.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace waltrack {
namespace {

constexpr size_t kToldUsers = 5;

std::string first_difference(const std::vector<std::string>& expected,
                             const std::vector<std::string>& got) {
  const auto [left, right] =
      std::mismatch(expected.begin(), expected.end(), got.begin(), got.end());
  const auto place = static_cast<size_t>(left - expected.begin());
  std::string text = "of " + std::to_string(expected.size()) + " expected and " +
                     std::to_string(got.size()) + " received, number " + std::to_string(place);
  text += "\n    expected " + (left == expected.end() ? "nothing" : *left);
  text += "\n    received " + (right == got.end() ? "nothing" : *right);
  if (right != got.end()) {
    const auto elsewhere = std::find(expected.begin(), expected.end(), *right);
    text += elsewhere == expected.end()
                ? " (never expected)"
                : " (expected as number " + std::to_string(elsewhere - expected.begin()) + ")";
  }
  return text;
}

}  // namespace

void EventLists::add(const std::string& user, std::string event) {
  by_user_[user].push_back(std::move(event));
  ++size_;
}

void EventLists::add_all(const EventLists& other) {
  for (const auto& [user, events] : other.by_user_) {
    std::vector<std::string>& mine = by_user_[user];
    mine.insert(mine.end(), events.begin(), events.end());
  }
  size_ += other.size_;
}

std::string EventLists::difference(const EventLists& got) const {
  std::string text;
  size_t different = 0;
  static const std::vector<std::string> kNone;
  const auto list_of = [](const EventLists& lists, const std::string& user) -> const auto& {
    const auto found = lists.by_user_.find(user);
    return found == lists.by_user_.end() ? kNone : found->second;
  };
  const auto compare = [&](const std::string& user) {
    const auto& expected = list_of(*this, user);
    const auto& received = list_of(got, user);
    if (expected == received || ++different > kToldUsers) return;
    text += "\n  user " + user + ": " + first_difference(expected, received);
  };
  for (const auto& [user, events] : by_user_)
    compare(user);
  for (const auto& [user, events] : got.by_user_) {
    if (!by_user_.contains(user)) compare(user);
  }
  if (different == 0) return {};
  return std::to_string(different) + " users differ; " + std::to_string(size_) +
         " events expected, " + std::to_string(got.size_) + " received" + text;
}

std::string track_text(const std::string& event, const nlohmann::json& properties) {
  return "track \"" + event + "\" " + properties.dump();
}

std::string identify_text(const nlohmann::json& traits) {
  return "identify " + traits.dump();
}

EventLists lists_of(const std::vector<nlohmann::json>& events) {
  EventLists lists;
  for (const nlohmann::json& event : events) {
    const std::string type = event.at("type");
    const std::string user = event.value("userId", "");
    if (type == "track") {
      lists.add(user, track_text(event.at("event"), event.value("properties", nlohmann::json())));
    } else if (type == "identify") {
      lists.add(user, identify_text(event.value("traits", nlohmann::json())));
    } else {
      lists.add(user, type);
    }
  }
  return lists;
}

std::map<std::string, std::string> by_message_id(const std::vector<nlohmann::json>& events) {
  std::map<std::string, std::string> contents;
  for (const nlohmann::json& event : events) {
    const std::string id = event.at("messageId");
    EXPECT_TRUE(contents.emplace(id, event.dump()).second) << "twice: " << event.dump();
  }
  return contents;
}

}  // namespace waltrack
