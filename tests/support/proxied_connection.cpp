#include "support/proxied_connection.hpp"

#include <algorithm>
#include <cerrno>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/loopback.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

constexpr size_t kMostQueued = 1 << 20;
constexpr size_t kMostRead = 64 << 10;
constexpr auto kSlowStep = 20ms;

void send_at_once(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

ProxiedConnection::ProxiedConnection(int client, int target_port, bool silent) : silent_(silent) {
  sockets_[0] = client;
  send_at_once(client);
  ways_[0].from = 0;
  ways_[0].to = 1;
  ways_[1].from = 1;
  ways_[1].to = 0;
  if (silent) return;
  sockets_[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  send_at_once(sockets_[1]);
  const sockaddr_in address = loopback(target_port);
  if (connect(sockets_[1], reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return;
  }
  connecting_ = errno == EINPROGRESS;
  if (!connecting_) break_off();
}

ProxiedConnection::~ProxiedConnection() {
  for (const int socket : sockets_) {
    if (socket < 0) continue;
    const linger at_once{1, 0};
    if (reset_) setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(socket);
  }
}

void ProxiedConnection::fall_silent() {
  silent_ = true;
  for (Way& way : ways_) {
    way.pieces.clear();
    way.queued = 0;
  }
}

void ProxiedConnection::break_off() {
  reset_ = over_ = true;
}

bool ProxiedConnection::may_write(const Way& way, Time now) const {
  return !way.pieces.empty() && way.pieces.front().due <= now && way.slow_until <= now;
}

// A socket that is asked for nothing stays out of it: poll() tells of a hang-up unasked.
void ProxiedConnection::watch(std::vector<pollfd>& sockets, Time now) const {
  for (int i = 0; i < 2; ++i) {
    const Way& in = ways_[i];
    const Way& out = ways_[1 - i];
    short events = 0;
    if (connecting_) {
      if (i == 1) events = POLLOUT;
    } else {
      if (!in.ended && (silent_ || in.queued < kMostQueued)) events |= POLLIN;
      if (!silent_ && may_write(out, now)) events |= POLLOUT;
    }
    sockets.push_back({events == 0 ? -1 : sockets_[i], events, 0});
  }
}

std::optional<ProxiedConnection::Time> ProxiedConnection::due(Time now) const {
  std::optional<Time> first;
  if (silent_ || connecting_) return first;
  for (const Way& way : ways_) {
    if (way.pieces.empty() || may_write(way, now)) continue;
    const Time next = std::max(way.pieces.front().due, way.slow_until);
    first = std::min(first.value_or(next), next);
  }
  return first;
}

uint64_t ProxiedConnection::work(const pollfd* polled, Time now, const ProxyMode& mode,
                                 std::optional<uint64_t>& left) {
  if (over_) return 0;
  if (connecting_) {
    if (polled[1].revents == 0) return 0;
    int fault = 0;
    socklen_t size = sizeof fault;
    getsockopt(sockets_[1], SOL_SOCKET, SO_ERROR, &fault, &size);
    connecting_ = false;
    if (fault != 0) break_off();
    return 0;
  }
  uint64_t passed = 0;
  for (Way& way : ways_) {
    constexpr short kReadable = POLLIN | POLLHUP | POLLERR;
    if ((polled[way.from].revents & kReadable) != 0) read(way, now, mode);
    if (!over_ && !silent_ && may_write(way, now)) passed += write(way, now, mode, left);
    if (!silent_ && way.ended && way.pieces.empty() && !way.closed) {
      shutdown(sockets_[way.to], SHUT_WR);
      way.closed = true;
    }
  }
  if (ways_[0].closed && ways_[1].closed) over_ = true;
  return passed;
}

void ProxiedConnection::read(Way& way, Time now, const ProxyMode& mode) {
  std::string bytes(kMostRead, '\0');
  const ssize_t count = recv(sockets_[way.from], bytes.data(), bytes.size(), 0);
  if (count < 0) {
    if (would_block()) return;
    // Of a silent one the other end must not hear.
    way.ended = true;
    if (!silent_) break_off();
    return;
  }
  if (count == 0) {
    way.ended = true;
    return;
  }
  if (silent_) return;
  bytes.resize(static_cast<size_t>(count));
  way.queued += bytes.size();
  way.pieces.push_back({now + mode.latency, std::move(bytes)});
}

uint64_t ProxiedConnection::write(Way& way, Time now, const ProxyMode& mode,
                                  std::optional<uint64_t>& left) {
  uint64_t passed = 0;
  while (may_write(way, now)) {
    Piece& piece = way.pieces.front();
    uint64_t size = piece.bytes.size();
    if (mode.bytes_per_s > 0)
      size = std::min<uint64_t>(size, std::max<size_t>(1, mode.bytes_per_s / 50));
    if (left) size = std::min(size, *left);
    if (size == 0) break;
    const ssize_t count = send(sockets_[way.to], piece.bytes.data(), size, MSG_NOSIGNAL);
    if (count < 0) {
      if (!would_block()) break_off();
      break;
    }
    const auto sent = static_cast<size_t>(count);
    passed += sent;
    way.queued -= sent;
    if (left) *left -= sent;
    if (mode.bytes_per_s > 0) {
      way.slow_until = now + std::chrono::nanoseconds(1s) * sent / mode.bytes_per_s;
    }
    piece.bytes.erase(0, sent);
    if (!piece.bytes.empty()) continue;
    way.pieces.pop_front();
  }
  return passed;
}

}  // namespace waltrack
