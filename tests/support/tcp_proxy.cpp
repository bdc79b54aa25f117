#include "support/tcp_proxy.hpp"

#include <algorithm>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "support/loopback.hpp"
#include "support/proxied_connection.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

// A socket of loopback that is bound to `port`, or to any.
int bound_socket(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("the proxy gets no port");
  }
  return fd;
}

int port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

TcpProxy::TcpProxy(int target_port, ProxyMode mode) : target_port_(target_port) {
  reserve_ = bound_socket(0);
  port_ = port_of(reserve_);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  thread_ = std::thread([this] { run(); });
  set(mode);
}

TcpProxy::~TcpProxy() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  eventfd_write(wake_, 1);
  thread_.join();
  close(wake_);
  close(reserve_);
}

void TcpProxy::set(const ProxyMode& mode) {
  std::unique_lock lock(mutex_);
  ordered_mode_ = mode;
  const uint64_t order = ++orders_;
  eventfd_write(wake_, 1);
  done_.wait(lock, [&] { return orders_done_ >= order; });
}

void TcpProxy::reset() {
  std::unique_lock lock(mutex_);
  ordered_reset_ = true;
  const uint64_t order = ++orders_;
  eventfd_write(wake_, 1);
  done_.wait(lock, [&] { return orders_done_ >= order; });
}

void TcpProxy::run() {
  std::vector<pollfd> sockets;
  while (take_orders()) {
    const Time now = std::chrono::steady_clock::now();
    Time next = now + 1h;
    sockets.assign({{wake_, POLLIN, 0}, {listener_, POLLIN, 0}});
    for (const auto& connection : connections_) {
      connection->watch(sockets, now);
      next = std::min(next, connection->due(now).value_or(next));
    }
    const auto patience = std::chrono::ceil<std::chrono::milliseconds>(next - now);
    poll(sockets.data(), sockets.size(), static_cast<int>(patience.count()));
    work(sockets.data() + 2, std::chrono::steady_clock::now());
    if ((sockets[1].revents & POLLIN) != 0) accept_all();
  }
  reset_all();
  if (listener_ >= 0) close(listener_);
}

// Returns false when the proxy is to end.
bool TcpProxy::take_orders() {
  eventfd_t count = 0;
  eventfd_read(wake_, &count);
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  if (orders_ == orders_done_) return true;
  if (std::exchange(ordered_reset_, false)) reset_all();
  if (ordered_mode_) work_by(*std::exchange(ordered_mode_, std::nullopt));
  orders_done_ = orders_;
  done_.notify_all();
  return true;
}

void TcpProxy::work_by(const ProxyMode& mode) {
  if (mode.half_open) {
    for (const auto& connection : connections_)
      connection->fall_silent();
  } else if (mode_.half_open) {
    reset_all();
  }
  mode_ = mode;
  left_ = mode.cut_after;
  if (mode.refuse && listener_ >= 0) {
    close(std::exchange(listener_, -1));
  } else if (!mode.refuse && listener_ < 0) {
    listener_ = bound_socket(port_);
    listen(listener_, SOMAXCONN);
  }
}

void TcpProxy::accept_all() {
  for (;;) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    ++accepted_;
    connections_.push_back(
        std::make_unique<ProxiedConnection>(client, target_port_, mode_.half_open));
  }
}

void TcpProxy::work(const pollfd* polled, Time now) {
  for (size_t i = 0; i < connections_.size(); ++i)
    bytes_ += connections_[i]->work(polled + 2 * i, now, mode_, left_);
  if (left_ && *left_ == 0) {
    ++cuts_;  // before anybody can feel it
    left_.reset();
    reset_all();
  }
  std::erase_if(connections_, [](const auto& connection) { return connection->is_over(); });
}

void TcpProxy::reset_all() {
  for (const auto& connection : connections_)
    connection->reset();
  connections_.clear();
}

}  // namespace waltrack
