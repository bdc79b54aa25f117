#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace waltrack {

// Remembers messageIds, as hashes of 128 bits, and what came under them. Not thread-safe.
class SeenMessages {
 public:
  enum class Answer { first, same, different };

  // Remembers `message_id` with the hash of its content, or says how it compares with the first.
  Answer remember(std::string_view message_id, uint64_t content);
  void forget(std::string_view message_id);
  size_t size() const { return contents_.size(); }

 private:
  struct Id {
    uint64_t low = 0;
    uint64_t high = 0;
    bool operator==(const Id&) const = default;
  };
  struct TakeLow {
    size_t operator()(const Id& id) const { return static_cast<size_t>(id.low); }
  };
  static Id id_of(std::string_view message_id);

  std::unordered_map<Id, uint64_t, TakeLow> contents_;
};

}  // namespace waltrack
