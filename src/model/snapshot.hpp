#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace waltrack {

// What a statement sees of a primary's transactions, as pg_current_snapshot() tells it:
// `xmin:xmax:xip,…`, top-level transactions only, as the stream does, too. On a standby it says
// nothing of the sort: the primary's open transactions are missing in it.
struct Snapshot {
  uint64_t xmin = 0;          // all before are over
  uint64_t xmax = 0;          // this one and all later ones are not seen
  std::vector<uint64_t> xip;  // nor are these

  static std::optional<Snapshot> parse(std::string_view text);

  // Whether what this transaction committed is seen. `xid` is as the stream has it, without its
  // epoch: the one of the 2^32 nearest to xmax is meant.
  bool sees(uint32_t xid) const;
};

}  // namespace waltrack
