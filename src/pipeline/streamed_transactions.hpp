#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "model/snapshot.hpp"

namespace waltrack {

// The transactions that the stream has brought and that a primary may not show yet: a commit that
// waits for synchronous replication is in the log, and so in the stream, while snapshots still have
// it running. Rows that were read so must not be told behind that transaction's own events. Belongs
// to the capture thread.
class StreamedTransactions {
 public:
  void add(uint32_t xid) { entries_.push_back({next_++, xid, {}}); }
  // The number of the next one.
  uint64_t next() const { return next_; }

  // Whether the snapshot sees all that came before number `before`. `windows_opened`: how many
  // windows were opened until now, this snapshot's included; later ones see what this one saw.
  bool all_seen(const Snapshot& snapshot, uint64_t before, uint64_t windows_opened);

  // Windows up to this number are not open any more: what is settled for all later ones can go.
  void forget(uint64_t windows_closed);
  size_t size() const { return entries_.size(); }
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    uint64_t number = 0;
    uint32_t xid = 0;
    std::optional<uint64_t> seen_since;  // windows beyond this number see it
  };
  std::deque<Entry> entries_;
  uint64_t next_ = 0;
};

}  // namespace waltrack
