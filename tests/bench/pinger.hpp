#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "support/postgres_server.hpp"

namespace waltrack {

// What is to be told of the table `pings`: one event for each, of a user of its own.
inline constexpr const char* kPingMapping = R"yaml(
table: pings
user_id: id
track:
  - event: Pinged
    properties: { at: at }
)yaml";

void make_ping_table(const PostgresServer& server);

// Seconds since 1970, as a ping and its arrival are stamped.
double ping_clock_s();

// Commits one-row transactions at a steady rate until it is stopped. Each row says when it was sent
// to the server. `server` must outlive it.
class Pinger {
 public:
  Pinger(const PostgresServer& server, int per_second);

  // Ends it; throws what went wrong meanwhile.
  void stop();
  uint64_t sent() const { return sent_; }
  // Once stopped: fewer a second than it was told to where the server can't do it.
  double rate() const;

 private:
  void ping(const std::stop_token& stop, const PostgresServer& server,
            std::chrono::nanoseconds period);

  const std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point end_;
  std::atomic<uint64_t> sent_ = 0;
  std::mutex mutex_;
  std::exception_ptr failure_;
  std::vector<std::jthread> threads_;
};

}  // namespace waltrack
