#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace waltrack {

// Events of one lane that travel together, in order. `text` is their JSON objects joined by commas;
// `sequences` are their numbers in the ledger, rising; `sizes` their lengths in `text`.
struct EventBatch {
  std::string text;
  std::vector<uint64_t> sequences;
  std::vector<uint32_t> sizes;

  size_t count() const { return sequences.size(); }
  bool empty() const { return sequences.empty(); }
  // What it takes in memory.
  size_t cost() const {
    return text.size() + sequences.size() * (sizeof(uint64_t) + sizeof(uint32_t));
  }
  void clear() {
    text.clear();
    sequences.clear();
    sizes.clear();
  }

  // Begins an event, which is to be appended to `text`, and gives where there it starts.
  size_t open() {
    if (!text.empty()) text.push_back(',');
    return text.size();
  }
  // Takes it back, with the room that a huge one took: cost() does not see it.
  void abandon(size_t start) {
    constexpr size_t kKeptBytes = size_t{256} << 10;
    text.resize(start > 0 ? start - 1 : 0);
    if (text.capacity() > kKeptBytes) text.shrink_to_fit();
  }
  // Ends it.
  void close(uint64_t sequence, size_t start) {
    sequences.push_back(sequence);
    sizes.push_back(static_cast<uint32_t>(text.size() - start));
  }
  // Moves all events of `more` behind its own.
  void append(const EventBatch& more) {
    if (!text.empty()) text.push_back(',');
    text.append(more.text);
    sequences.insert(sequences.end(), more.sequences.begin(), more.sequences.end());
    sizes.insert(sizes.end(), more.sizes.begin(), more.sizes.end());
  }
  // Keeps the first `events` and gives the others. There are some on both sides.
  EventBatch split_off(size_t events);
};

}  // namespace waltrack
