#include "receiver/seen_messages.hpp"

#include <xxhash.h>

namespace waltrack {

SeenMessages::Id SeenMessages::id_of(std::string_view message_id) {
  const XXH128_hash_t hash = XXH3_128bits(message_id.data(), message_id.size());
  return {hash.low64, hash.high64};
}

SeenMessages::Answer SeenMessages::remember(std::string_view message_id, uint64_t content) {
  const auto [entry, is_new] = contents_.try_emplace(id_of(message_id), content);
  if (is_new) return Answer::first;
  return entry->second == content ? Answer::same : Answer::different;
}

void SeenMessages::forget(std::string_view message_id) {
  contents_.erase(id_of(message_id));
}

}  // namespace waltrack
