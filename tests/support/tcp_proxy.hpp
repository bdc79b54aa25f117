#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <poll.h>
#include <thread>
#include <vector>

namespace waltrack {

class ProxiedConnection;

// What a proxy does to those that talk through it. All but `refuse` and `half_open` may be
// combined.
struct ProxyMode {
  std::chrono::milliseconds latency{0};  // each way
  size_t bytes_per_s = 0;                // each way of each connection; 0: as fast as it goes
  // New connections are refused as if nobody listened; those that are there go on.
  bool refuse = false;
  // A network that swallows: connections fall silent, new ones are taken and nothing answers. They
  // are reset when this ends, since bytes of theirs are lost.
  bool half_open = false;
  // After so many more bytes, both ways of all connections together, all are reset, once.
  std::optional<uint64_t> cut_after = std::nullopt;
};

// A network that a test can spoil: a port of loopback that leads to another. Its port stays its own
// while it refuses. Thread-safe.
class TcpProxy {
 public:
  explicit TcpProxy(int target_port, ProxyMode mode = {});
  ~TcpProxy();  // resets what is connected
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const { return port_; }

  // Holds when it returns.
  void set(const ProxyMode& mode);
  // RST on all connections that there are. The mode stays.
  void reset();

  uint64_t accepted() const { return accepted_; }
  uint64_t bytes() const { return bytes_; }  // passed on, both ways
  uint64_t cuts() const { return cuts_; }    // that `cut_after` made

 private:
  using Time = std::chrono::steady_clock::time_point;

  void run();
  bool take_orders();
  void work_by(const ProxyMode& mode);
  void accept_all();
  void work(const pollfd* polled, Time now);
  void reset_all();

  const int target_port_;
  int port_ = 0;
  int reserve_ = -1;  // bound and not listening: nobody else gets the port
  int wake_ = -1;
  std::atomic<uint64_t> accepted_ = 0, bytes_ = 0, cuts_ = 0;

  std::mutex mutex_;  // guards what is ordered
  std::condition_variable done_;
  std::optional<ProxyMode> ordered_mode_;
  bool ordered_reset_ = false;
  bool stopping_ = false;
  uint64_t orders_ = 0, orders_done_ = 0;

  // The thread's own.
  ProxyMode mode_;
  std::optional<uint64_t> left_;  // until the cut
  int listener_ = -1;
  std::vector<std::unique_ptr<ProxiedConnection>> connections_;

  std::thread thread_;
};

}  // namespace waltrack
