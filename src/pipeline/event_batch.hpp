#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace waltrack {

// Events of one lane that travel together, in order. `text` is their JSON objects joined by commas;
// `sequences` are their numbers in the ledger, rising.
struct EventBatch {
  std::string text;
  std::vector<uint64_t> sequences;

  bool empty() const { return sequences.empty(); }
  void clear() {
    text.clear();
    sequences.clear();
  }
};

}  // namespace waltrack
