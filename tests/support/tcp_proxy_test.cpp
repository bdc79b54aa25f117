#include "support/tcp_proxy.hpp"

#include <atomic>
#include <cerrno>
#include <gtest/gtest.h>
#include <list>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "support/loopback.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// Sends back what it gets, until the sender is done.
class EchoServer {
 public:
  EchoServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
    listen(listener_, 16);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] {
      for (int fd = 0; (fd = accept(listener_, nullptr, nullptr)) >= 0;)
        serving_.emplace_back([this, fd] { serve(fd); });
    });
  }
  // Call it when the proxy is gone: a connection that lives holds it up.
  ~EchoServer() {
    shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    close(listener_);
    for (std::thread& thread : serving_)
      thread.join();
  }

  int port() const { return port_; }
  uint64_t received() const { return received_; }
  int last_fault() const { return last_fault_; }

 private:
  void serve(int fd) {
    char buffer[4096];
    ssize_t count = 0;
    while ((count = recv(fd, buffer, sizeof buffer, 0)) > 0) {
      received_ += static_cast<uint64_t>(count);
      if (send(fd, buffer, static_cast<size_t>(count), MSG_NOSIGNAL) < 0) break;
    }
    last_fault_ = count < 0 ? errno : 0;
    close(fd);
  }

  int listener_;
  int port_ = 0;
  std::atomic<uint64_t> received_ = 0;
  std::atomic<int> last_fault_ = -1;
  std::list<std::thread> serving_;  // of the accepting thread
  std::thread accepting_;
};

class Client {
 public:
  explicit Client(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in address = loopback(port);
    fault_ =
        connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  int fault() const { return fault_; }
  void say(const std::string& text) { send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  void end() { shutdown(fd_, SHUT_WR); }

  // The next `size` bytes; fewer when the connection ends before. fault() says how.
  std::string hear(size_t size) {
    std::string text;
    while (text.size() < size) {
      char buffer[4096];
      const ssize_t count = recv(fd_, buffer, std::min(sizeof buffer, size - text.size()), 0);
      fault_ = count < 0 ? errno : 0;
      if (count <= 0) break;
      text.append(buffer, static_cast<size_t>(count));
    }
    return text;
  }
  bool hears_nothing_for(std::chrono::milliseconds time) const {
    pollfd waiting{fd_, POLLIN, 0};
    return poll(&waiting, 1, static_cast<int>(time.count())) == 0;
  }

 private:
  int fd_;
  int fault_ = 0;
};

std::chrono::milliseconds since(steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start);
}

}  // namespace

TEST(TcpProxy, PassesBothWaysAndTheEnd) {
  EchoServer server;
  TcpProxy proxy(server.port());
  Client client(proxy.port());
  const std::string much(300'000, 'x');
  std::thread sender([&] {
    client.say(much);
    client.end();
  });
  EXPECT_EQ(client.hear(much.size() + 1), much);
  EXPECT_EQ(client.fault(), 0);
  sender.join();
  EXPECT_TRUE(wait_until([&] { return proxy.bytes() == 2 * much.size(); }));
  EXPECT_EQ(proxy.accepted(), 1U);
}

TEST(TcpProxy, LatencyComesEachWayAndDoesNotAddUp) {
  EchoServer server;
  TcpProxy proxy(server.port(), {.latency = 60ms});
  Client client(proxy.port());
  const auto start = steady_clock::now();
  for (int i = 0; i < 20; ++i)
    client.say("0123456789");
  EXPECT_EQ(client.hear(200).size(), 200U);
  EXPECT_GE(since(start), 120ms);
  EXPECT_LT(since(start), 20 * 120ms);
}

TEST(TcpProxy, SlowIsSoManyBytesASecond) {
  EchoServer server;
  TcpProxy proxy(server.port(), {.bytes_per_s = 20'000});
  Client client(proxy.port());
  const auto start = steady_clock::now();
  client.say(std::string(8'000, 'x'));
  EXPECT_EQ(client.hear(8'000).size(), 8'000U);
  EXPECT_GE(since(start), 350ms);
  // At the speed of before it would take longer than a test may.
  proxy.set({});
  const std::string much(4'000'000, 'x');
  std::thread sender([&] { client.say(much); });
  EXPECT_EQ(client.hear(much.size()).size(), much.size());
  sender.join();
}

TEST(TcpProxy, AResetReachesBothEnds) {
  EchoServer server;
  TcpProxy proxy(server.port());
  Client client(proxy.port());
  client.say("a");
  EXPECT_EQ(client.hear(1), "a");
  proxy.reset();
  EXPECT_EQ(client.hear(1), "");
  EXPECT_EQ(client.fault(), ECONNRESET);
  EXPECT_TRUE(wait_until([&] { return server.last_fault() == ECONNRESET; }));
  Client next(proxy.port());
  next.say("b");
  EXPECT_EQ(next.hear(1), "b");
}

TEST(TcpProxy, RefusesNewConnectionsAndKeepsTheOthersAndItsPort) {
  EchoServer server;
  TcpProxy proxy(server.port());
  Client before(proxy.port());
  before.say("a");
  EXPECT_EQ(before.hear(1), "a");
  proxy.set({.refuse = true});
  EXPECT_EQ(Client(proxy.port()).fault(), ECONNREFUSED);
  before.say("b");
  EXPECT_EQ(before.hear(1), "b");
  proxy.set({});
  Client after(proxy.port());
  after.say("c");
  EXPECT_EQ(after.hear(1), "c");
}

TEST(TcpProxy, AHalfOpenNetworkSwallowsAndNeverAnswers) {
  EchoServer server;
  TcpProxy proxy(server.port());
  Client before(proxy.port());
  before.say("a");
  EXPECT_EQ(before.hear(1), "a");
  proxy.set({.half_open = true});
  Client during(proxy.port());
  EXPECT_EQ(during.fault(), 0);
  during.say("b");
  before.say("c");
  EXPECT_TRUE(before.hears_nothing_for(150ms));
  EXPECT_TRUE(during.hears_nothing_for(0ms));
  EXPECT_EQ(server.received(), 1U);
  proxy.set({});
  EXPECT_EQ(before.hear(1), "");
  EXPECT_EQ(before.fault(), ECONNRESET);
  EXPECT_EQ(during.hear(1), "");
  EXPECT_EQ(during.fault(), ECONNRESET);
}

TEST(TcpProxy, CutsOnceAfterSoManyBytes) {
  EchoServer server;
  TcpProxy proxy(server.port(), {.cut_after = 1'000});
  Client client(proxy.port());
  client.say(std::string(5'000, 'x'));
  while (!client.hear(1).empty()) {
  }
  EXPECT_EQ(client.fault(), ECONNRESET);
  EXPECT_EQ(proxy.bytes(), 1'000U);
  EXPECT_EQ(proxy.cuts(), 1U);
  Client next(proxy.port());
  next.say(std::string(2'000, 'x'));
  EXPECT_EQ(next.hear(2'000).size(), 2'000U);
  EXPECT_EQ(proxy.cuts(), 1U);
}

TEST(TcpProxy, ATargetThatIsGoneResetsTheClient) {
  int port = 0;
  {
    const EchoServer server;
    port = server.port();
  }
  TcpProxy proxy(port);
  Client client(proxy.port());
  EXPECT_EQ(client.hear(1), "");
  EXPECT_EQ(client.fault(), ECONNRESET);
}

TEST(TcpProxy, EndsWithConnectionsThatAreBusy) {
  EchoServer server;
  auto proxy = std::make_unique<TcpProxy>(server.port(), ProxyMode{.bytes_per_s = 10});
  Client client(proxy->port());
  client.say(std::string(1'000, 'x'));
  ASSERT_TRUE(wait_until([&] { return proxy->accepted() == 1; }));
  proxy.reset();
  while (!client.hear(1).empty()) {
  }
  EXPECT_EQ(client.fault(), ECONNRESET);
}

}  // namespace waltrack
