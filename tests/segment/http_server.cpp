#include "segment/http_server.hpp"

#include <arpa/inet.h>
#include <httplib.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace waltrack {
namespace {

int listen_on_loopback(int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(fd, 16) != 0 || getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("no loopback socket");
  }
  port = ntohs(address.sin_port);
  return fd;
}

}  // namespace

struct HttpServer::Server {
  std::unique_ptr<httplib::Server> http;
};

HttpServer::HttpServer(Answering answering, const Tls* tls)
    : server_(std::make_unique<Server>()), answering_(std::move(answering)), tls_(tls != nullptr) {
  if (tls != nullptr) {
    server_->http =
        std::make_unique<httplib::SSLServer>(tls->certificate_file.c_str(), tls->key_file.c_str());
  } else {
    server_->http = std::make_unique<httplib::Server>();
  }
  httplib::Server& http = *server_->http;
  http.set_keep_alive_max_count(1'000'000);
  http.set_tcp_nodelay(true);
  http.new_task_queue = [] { return new httplib::ThreadPool(16); };
  http.Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
    SeenRequest seen{request.body,
                     request.get_header_value("Authorization"),
                     request.get_header_value("Content-Encoding"),
                     request.get_header_value("Content-Type"),
                     request.get_header_value("User-Agent"),
                     request.version,
                     request.remote_port};
    {
      const std::lock_guard lock(m_);
      requests_.push_back(seen);
    }
    const GivenAnswer answer = answering_ ? answering_(seen) : GivenAnswer{};
    response.status = answer.status;
    for (const auto& [name, value] : answer.headers)
      response.set_header(name, value);
    response.set_content(answer.body, "application/json");
  });
  port_ = http.bind_to_any_port("127.0.0.1");
  thread_ = std::thread([&http] { http.listen_after_bind(); });
  while (!http.is_running())
    std::this_thread::yield();
}

HttpServer::~HttpServer() {
  server_->http->stop();
  thread_.join();
}

std::string HttpServer::url(const std::string& path) const {
  return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_) + path;
}

std::vector<SeenRequest> HttpServer::requests() const {
  const std::lock_guard lock(m_);
  return requests_;
}

RawServer::RawServer(std::function<void(int)> serve) : serve_(std::move(serve)) {
  listening_ = listen_on_loopback(port_);
  thread_ = std::thread([this] {
    while (true) {
      const int fd = accept(listening_, nullptr, nullptr);
      if (fd < 0) return;
      {
        const std::lock_guard lock(m_);
        connection_ = fd;
        if (stopping_) shutdown(fd, SHUT_RDWR);
      }
      serve_(fd);
      const std::lock_guard lock(m_);
      connection_ = -1;
      close(fd);
    }
  });
}

RawServer::~RawServer() {
  {
    const std::lock_guard lock(m_);
    stopping_ = true;
    if (connection_ >= 0) shutdown(connection_, SHUT_RDWR);
  }
  shutdown(listening_, SHUT_RDWR);
  thread_.join();
  close(listening_);
}

int closed_port() {
  int port = 0;
  close(listen_on_loopback(port));
  return port;
}

}  // namespace waltrack
