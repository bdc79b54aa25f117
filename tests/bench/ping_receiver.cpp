#include "bench/ping_receiver.hpp"

#include <chrono>
#include <cstdlib>
#include <libdeflate.h>
#include <memory>
#include <stdexcept>
#include <utility>

#include "bench/pinger.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

constexpr size_t kLargestBody = size_t{4} << 20;

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const {
    libdeflate_free_decompressor(decompressor);
  }
};

// Holds until the next call of the same thread.
std::string_view decompressed(std::string_view body) {
  static thread_local std::string text(kLargestBody, '\0');
  static thread_local const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
      libdeflate_alloc_decompressor());
  size_t size = 0;
  const libdeflate_result result = libdeflate_gzip_decompress(
      decompressor.get(), body.data(), body.size(), text.data(), kLargestBody, &size);
  if (result != LIBDEFLATE_SUCCESS) return body;  // sent as it is
  text[size] = '\0';
  return {text.data(), size};
}

}  // namespace

void PingReceiver::look(std::string_view body) {
  constexpr std::string_view kAt = "\"at\":";
  const double here = ping_clock_s();
  const std::string_view text = decompressed(body);
  const std::lock_guard lock(mutex_);
  for (size_t at = text.find(kAt); at != std::string::npos; at = text.find(kAt, at + 1))
    pings_.push_back({std::strtod(text.data() + at + kAt.size(), nullptr), here});
}

uint64_t PingReceiver::arrived() const {
  const std::lock_guard lock(mutex_);
  return pings_.size();
}

void PingReceiver::wait_for(uint64_t pings) const {
  if (wait_until([&] { return arrived() >= pings; }, std::chrono::seconds(60))) return;
  throw std::runtime_error("of " + std::to_string(pings) + " transactions only " +
                           std::to_string(arrived()) + " arrived");
}

void PingReceiver::forget() {
  const std::lock_guard lock(mutex_);
  pings_.clear();
}

Sample PingReceiver::delays_ms(double sent_from_s) const {
  std::vector<double> delays;
  const std::lock_guard lock(mutex_);
  for (const Ping& ping : pings_) {
    if (ping.sent_s >= sent_from_s) delays.push_back((ping.arrived_s - ping.sent_s) * 1000);
  }
  return Sample(std::move(delays));
}

}  // namespace waltrack
