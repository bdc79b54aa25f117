#include "receiver/http_server.hpp"

#include <cerrno>
#include <cstring>
#include <list>
#include <memory>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace waltrack {
namespace {

constexpr int kIdleMs = 120'000;    // between two requests
constexpr int kStalledMs = 30'000;  // within one

// A connection has a thread of its own.
thread_local bool to_be_reset = false;

bool wait_for(socket_t socket, short what, int timeout_ms) {
  pollfd waiting{socket, what, 0};
  int ready = 0;
  do {
    ready = ::poll(&waiting, 1, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

// A connection's bytes, as the library wants them.
class Connection final : public httplib::Stream {
 public:
  explicit Connection(socket_t socket) : socket_(socket), buffer_(kBuffer) {}

  // The start of another request is there; not so when the peer closed or stays silent.
  bool wait_for_request() {
    if (begin_ < end_) return true;
    if (!wait_for(socket_, POLLIN, kIdleMs)) return false;
    return fill();
  }

  bool is_readable() const override {
    return begin_ < end_ || wait_for(socket_, POLLIN, kStalledMs);
  }
  bool is_writable() const override { return wait_for(socket_, POLLOUT, kStalledMs); }

  ssize_t read(char* to, size_t size) override {
    if (begin_ == end_) {
      if (!wait_for(socket_, POLLIN, kStalledMs) || !fill()) return -1;
    }
    const size_t count = std::min(size, end_ - begin_);
    std::memcpy(to, buffer_.data() + begin_, count);
    begin_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, size_t size) override {
    if (to_be_reset || !is_writable()) return -1;
    ssize_t count = 0;
    do {
      count = ::send(socket_, from, size, MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    return count;
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    if (::getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
      name(address, length, ip, port);
    }
  }

  void get_local_ip_and_port(std::string& ip, int& port) const override {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
      name(address, length, ip, port);
    }
  }

  socket_t socket() const override { return socket_; }

 private:
  static constexpr size_t kBuffer = 64 * 1024;

  static void name(const sockaddr_storage& address, socklen_t length, std::string& ip, int& port) {
    char host[NI_MAXHOST];
    char service[NI_MAXSERV];
    if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, host, sizeof(host),
                      service, sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
      ip = host;
      port = std::atoi(service);
    }
  }

  bool fill() {
    ssize_t count = 0;
    do {
      count = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
    } while (count < 0 && errno == EINTR);
    begin_ = 0;
    end_ = count > 0 ? static_cast<size_t>(count) : 0;
    return count > 0;
  }

  socket_t socket_;
  std::vector<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

// bool in cpp-httplib 0.18, Debian 13's; void in 0.11, Debian 12's.
using Queued = decltype(std::declval<httplib::TaskQueue&>().enqueue({}));

// A thread for each connection: a fixed pool would leave a client that comes after it was used up
// without an answer. Used by the accepting thread alone.
class ThreadPerConnection final : public httplib::TaskQueue {
 public:
  Queued enqueue(std::function<void()> serve) override {
    threads_.remove_if([](Running& running) {
      if (!running.done->load()) return false;
      running.thread.join();
      return true;
    });
    auto done = std::make_unique<std::atomic<bool>>(false);
    std::thread thread([serve = std::move(serve), flag = done.get()] {
      serve();
      flag->store(true);
    });
    threads_.push_back({std::move(done), std::move(thread)});
    return static_cast<Queued>(true);
  }

  void shutdown() override {
    for (Running& running : threads_)
      running.thread.join();
    threads_.clear();
  }

 private:
  struct Running {
    std::unique_ptr<std::atomic<bool>> done;
    std::thread thread;
  };
  std::list<Running> threads_;
};

// Asks the system again what is in the way, since the library does not tell.
Error not_bound(const std::string& host, int port) {
  const std::string where = host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int fault = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (fault != 0) {
    return {ErrorKind::usage, std::string("could not listen: ") + ::gai_strerror(fault), where,
            "name an address of this machine, such as 127.0.0.1"};
  }
  int reason = 0;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int fd = ::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    const int yes = 1;
    if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
        ::bind(fd, at->ai_addr, at->ai_addrlen) != 0 || ::listen(fd, 1) != 0) {
      reason = errno;
    }
    if (fd >= 0) ::close(fd);
  }
  ::freeaddrinfo(found);
  const char* hint = "name an address of this machine, such as 127.0.0.1, and a port that is free";
  if (reason == EADDRINUSE) {
    hint = "stop what uses the port, or name another (port 0 takes any free one)";
  } else if (reason == EACCES) {
    hint = "name a port above 1023: lower ones are for root";
  }
  return {ErrorKind::failure,
          std::string("could not listen: ") +
              (reason == 0 ? "the system refused" : std::strerror(reason)),
          where, hint};
}

}  // namespace

HttpServer::HttpServer() {
  new_task_queue = [] { return new ThreadPerConnection; };
  set_tcp_nodelay(true);
  // Not SO_REUSEPORT, the library's default: two servers would share a port without knowing.
  set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
}

int HttpServer::bind(const std::string& host, int port) {
  const int bound = port == 0 ? bind_to_any_port(host) : bind_to_port(host, port) ? port : -1;
  // The library's queue of five connections loses some when many lanes begin at once.
  if (bound > 0 && ::listen(svr_sock_, SOMAXCONN) == 0) return bound;
  throw not_bound(host, port);
}

bool HttpServer::process_and_close_socket(socket_t socket) {
  {
    const std::lock_guard lock(m_);
    open_.insert(socket);
    if (stopping_) ::shutdown(socket, SHUT_RD);
  }
  Connection connection(socket);
  struct End {
    std::string ip;
    int port = 0;
  };
  End remote;
  End local;
  connection.get_remote_ip_and_port(remote.ip, remote.port);
  connection.get_local_ip_and_port(local.ip, local.port);
  bool good = true;
  bool closed = false;
  // cpp-httplib 0.18 wants to be told the ends of the connection; before, it asked for them.
  const auto process = [&](auto& server) {
    if constexpr (requires { server.process_request(connection, false, closed, nullptr); }) {
      return server.process_request(connection, false, closed, nullptr);
    } else {
      return server.process_request(connection, remote.ip, remote.port, local.ip, local.port, false,
                                    closed, nullptr);
    }
  };
  while (good && !closed && connection.wait_for_request())
    good = process(*this);
  {
    const std::lock_guard lock(m_);
    open_.erase(socket);
  }
  if (to_be_reset) {
    const linger at_once{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  } else {
    ::shutdown(socket, SHUT_RDWR);
  }
  ::close(socket);
  return good;
}

void HttpServer::reset_this_connection() {
  to_be_reset = true;
}

void HttpServer::stop_all() {
  {
    const std::lock_guard lock(m_);
    stopping_ = true;
    // The answer to a request that is being handled still goes out.
    for (const socket_t socket : open_)
      ::shutdown(socket, SHUT_RD);
  }
  stop();
}

}  // namespace waltrack
