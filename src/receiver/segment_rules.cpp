#include "receiver/segment_rules.hpp"

#include <algorithm>
#include <array>

namespace waltrack {
namespace {

constexpr std::string_view kUnknownType = "unknown_type";
constexpr std::string_view kNoUser = "no_user";
constexpr std::string_view kNoEventName = "no_event_name";
constexpr std::string_view kNoGroupId = "no_group_id";
constexpr std::string_view kNoPreviousId = "no_previous_id";
constexpr std::string_view kMessageIdTooLong = "message_id_too_long";

constexpr std::array<std::string_view, 6> kTypes = {"identify", "track", "page",
                                                    "screen",   "group", "alias"};

size_t count_characters(std::string_view utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string_view drop_reason(const ReceivedEvent& event) {
  if (std::find(kTypes.begin(), kTypes.end(), event.type) == kTypes.end()) return kUnknownType;
  if (event.user_id.empty() && event.anonymous_id.empty()) return kNoUser;
  if (event.type == "track" && event.event.empty()) return kNoEventName;
  if (event.type == "group" && event.group_id.empty()) return kNoGroupId;
  if (event.type == "alias" && event.previous_id.empty()) return kNoPreviousId;
  if (count_characters(event.message_id) > kMostMessageIdCharacters) return kMessageIdTooLong;
  return {};
}

std::string_view explain_drop(std::string_view reason) {
  if (reason == kUnknownType) return "type is none of identify, track, page, screen, group, alias";
  if (reason == kNoUser) return "neither userId nor anonymousId, as a string";
  if (reason == kNoEventName) return "a track call without an event name";
  if (reason == kNoGroupId) return "a group call without a groupId";
  if (reason == kNoPreviousId) return "an alias call without a previousId";
  if (reason == kMessageIdTooLong) return "the messageId is longer than 99 characters";
  if (reason == kSurplus) return "more than 2,500 events in one request";
  if (reason == kNotAnObject) return "not a JSON object";
  return reason;
}

}  // namespace waltrack
