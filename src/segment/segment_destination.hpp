#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "model/destination.hpp"
#include "segment/batch_text.hpp"

namespace waltrack {

struct SegmentSettings {
  std::string url;        // the full address of the batch call, http or https
  std::string write_key;  // a secret
  size_t lanes = 1;
  std::string ca_file;  // PEM of the authorities to trust; empty: the system's
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds total_timeout{60'000};
  std::chrono::seconds stall_timeout{30};  // not one byte either way for so long
};

// Segment's HTTP API, or a receiver compatible with it, over libcurl: a request a lane in flight,
// on connections that stay open. Sends with Basic authentication; verifies TLS; follows no
// redirects; obeys the proxy variables of the environment.
class SegmentDestination final : public Destination {
 public:
  // `clock` must outlive this. Throws a usage Error when the URL is none that can be sent to.
  SegmentDestination(SegmentSettings settings, const Clock& clock);
  ~SegmentDestination() override;  // breaks off what is in flight
  SegmentDestination(const SegmentDestination&) = delete;
  SegmentDestination& operator=(const SegmentDestination&) = delete;

  void send(size_t lane, std::string_view events) override;
  void wait(std::chrono::milliseconds timeout, std::vector<Outcome>& outcomes) override;
  void wake() override;

 private:
  struct Lane;
  struct Curl;

  void set_up(Lane& lane);
  void collect(std::vector<Outcome>& outcomes);
  Outcome finish(Lane& lane, int code);

  SegmentSettings settings_;
  const Clock& clock_;
  std::string host_and_port_;
  BatchText text_;
  std::unique_ptr<Curl> curl_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::atomic<bool> woken_ = false;
};

}  // namespace waltrack
