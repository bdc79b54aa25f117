#include "bench/counting_receiver.hpp"

#include <charconv>
#include <stdexcept>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "support/loopback.hpp"

namespace waltrack {
namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
    "{\"success\":true}";

size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "content-length:";
  for (size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1)) {
    std::string_view line = head.substr(at + 1);
    if (line.size() < kName.size() || strncasecmp(line.data(), kName.data(), kName.size()) != 0) {
      continue;
    }
    line.remove_prefix(line.find_first_not_of(' ', kName.size()));
    size_t length = 0;
    std::from_chars(line.data(), line.data() + line.size(), length);
    return length;
  }
  return 0;
}

}  // namespace

CountingReceiver::CountingReceiver(std::function<void(std::string_view body)> look)
    : look_(std::move(look)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] {
    while (!stopping_) {
      const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection >= 0) connections_.emplace_back([this, connection] { serve(connection); });
    }
  });
}

// Connections end when the sender has gone.
CountingReceiver::~CountingReceiver() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_ = {};
  connections_.clear();
  close(listener_);
}

std::string CountingReceiver::batch_url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/v1/batch";
}

void CountingReceiver::serve(int connection) {
  std::string buffer;
  char piece[64 * 1024];
  while (true) {
    const size_t head = buffer.find("\r\n\r\n");
    if (head != std::string::npos) {
      const size_t length = content_length(std::string_view(buffer).substr(0, head));
      if (buffer.size() >= head + 4 + length) {
        look_(std::string_view(buffer).substr(head + 4, length));
        ++requests_;
        buffer.erase(0, head + 4 + length);
        if (send(connection, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) break;
        continue;
      }
    }
    const ssize_t got = recv(connection, piece, sizeof piece, 0);
    if (got <= 0) break;
    buffer.append(piece, static_cast<size_t>(got));
  }
  close(connection);
}

}  // namespace waltrack
