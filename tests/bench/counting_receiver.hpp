#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <thread>

namespace waltrack {

// A receiver that accepts every batch and only counts: so that a benchmark measures who sends, not
// who receives. Speaks as much HTTP as waltrack does, a thread a connection.
class CountingReceiver {
 public:
  // `look` is called with each body, as it came, from its connection's thread.
  explicit CountingReceiver(std::function<void(std::string_view body)> look);
  ~CountingReceiver();

  std::string batch_url() const;
  uint64_t requests() const { return requests_; }

 private:
  void serve(int connection);

  const std::function<void(std::string_view)> look_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> requests_ = 0;
  std::list<std::jthread> connections_;
  std::jthread acceptor_;
};

}  // namespace waltrack
