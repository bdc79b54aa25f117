#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "bench/counting_receiver.hpp"
#include "bench/sample.hpp"

namespace waltrack {

// A receiver that notes how long pings took from being sent to the server to being here, with the
// whole request read.
class PingReceiver {
 public:
  PingReceiver() : counting_([this](std::string_view body) { look(body); }) {}

  std::string batch_url() const { return counting_.batch_url(); }
  uint64_t requests() const { return counting_.requests(); }
  uint64_t arrived() const;
  // Until so many have; throws when they do not.
  void wait_for(uint64_t pings) const;
  void forget();
  // Milliseconds of those that were sent at this moment (ping_clock_s) or later.
  Sample delays_ms(double sent_from_s) const;

 private:
  struct Ping {
    double sent_s;
    double arrived_s;
  };

  void look(std::string_view body);

  mutable std::mutex mutex_;
  std::vector<Ping> pings_;
  CountingReceiver counting_;  // the last: its threads use the others
};

}  // namespace waltrack
