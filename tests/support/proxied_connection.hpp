#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <poll.h>
#include <string>
#include <vector>

#include "support/tcp_proxy.hpp"

namespace waltrack {

// One connection through a TcpProxy: the client's socket, the target's, and the bytes between them.
// Belongs to the proxy's thread.
class ProxiedConnection {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Takes over `client` and connects to the target; `silent` connects to nothing.
  ProxiedConnection(int client, int target_port, bool silent);
  ~ProxiedConnection();
  ProxiedConnection(const ProxiedConnection&) = delete;
  ProxiedConnection& operator=(const ProxiedConnection&) = delete;

  // From now on nothing is passed on; what arrives is swallowed.
  void fall_silent();
  bool is_silent() const { return silent_; }
  // The next close sends RST.
  void reset() { reset_ = true; }

  // Two entries for poll().
  void watch(std::vector<pollfd>& sockets, Time now) const;
  // When there is something to do although no socket says so.
  std::optional<Time> due(Time now) const;
  // Does what the two entries, back from poll(), allow. `left` counts down to the cut; returns how
  // many bytes were passed on. is_over() afterwards: both ends are done, or one broke.
  uint64_t work(const pollfd* polled, Time now, const ProxyMode& mode,
                std::optional<uint64_t>& left);
  bool is_over() const { return over_; }

 private:
  struct Piece {
    Time due;
    std::string bytes;
  };
  struct Way {
    int from = 0, to = 0;  // of sockets_
    std::deque<Piece> pieces;
    size_t queued = 0;
    Time slow_until;
    bool ended = false;   // `from` sent its last byte
    bool closed = false;  // and `to` knows
  };

  bool may_write(const Way& way, Time now) const;
  void read(Way& way, Time now, const ProxyMode& mode);
  uint64_t write(Way& way, Time now, const ProxyMode& mode, std::optional<uint64_t>& left);
  void break_off();

  int sockets_[2] = {-1, -1};  // client, target
  Way ways_[2];
  bool connecting_ = false;
  bool silent_ = false;
  bool reset_ = false;
  bool over_ = false;
};

}  // namespace waltrack
