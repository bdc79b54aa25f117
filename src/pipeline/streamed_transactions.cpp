#include "pipeline/streamed_transactions.hpp"

#include <algorithm>

namespace waltrack {

bool StreamedTransactions::all_seen(const Snapshot& snapshot, uint64_t before,
                                    uint64_t windows_opened) {
  bool all = true;
  for (Entry& entry : entries_) {
    if (snapshot.sees(entry.xid)) {
      if (!entry.seen_since) entry.seen_since = windows_opened;
    } else if (entry.number < before) {
      all = false;
    }
  }
  return all;
}

void StreamedTransactions::forget(uint64_t windows_closed) {
  std::erase_if(entries_, [&](const Entry& entry) {
    return entry.seen_since && *entry.seen_since <= windows_closed;
  });
}

}  // namespace waltrack
