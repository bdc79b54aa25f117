#include "model/event_users.hpp"

#include <algorithm>
#include <string_view>
#include <xxhash.h>

namespace waltrack {
namespace {

uint32_t digest(std::string_view user) {
  return std::max(uint32_t{1}, static_cast<uint32_t>(XXH3_64bits(user.data(), user.size())));
}

}  // namespace

EventUsers event_users(const EventIdentity& who) {
  EventUsers users;
  users.digests[0] = digest(who.user);
  for (size_t i = 0; i < who.others.size(); ++i)
    users.digests.at(i + 1) = digest(who.others[i]);
  return users;
}

}  // namespace waltrack
