#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace waltrack {

struct SeenRequest {
  std::string body;  // uncompressed
  std::string authorization;
  std::string content_encoding;
  std::string content_type;
  std::string user_agent;
  std::string version;  // "HTTP/1.1"
  int remote_port = 0;  // tells connections apart
};

struct GivenAnswer {
  int status = 200;
  std::string body = R"({"success":true})";
  std::vector<std::pair<std::string, std::string>> headers;
};

// A real HTTP server on a loopback port of its own that keeps what it is asked and answers as told.
class HttpServer {
 public:
  using Answering = std::function<GivenAnswer(const SeenRequest&)>;
  struct Tls {
    std::string certificate_file;
    std::string key_file;
  };

  explicit HttpServer(Answering answering = {}, const Tls* tls = nullptr);
  ~HttpServer();

  int port() const { return port_; }
  std::string url(const std::string& path = "/v1/batch") const;
  std::vector<SeenRequest> requests() const;

 private:
  struct Server;

  std::unique_ptr<Server> server_;
  Answering answering_;
  bool tls_ = false;
  int port_ = 0;
  std::thread thread_;
  mutable std::mutex m_;
  std::vector<SeenRequest> requests_;
};

// A listening socket of loopback whose connections are handled by `serve`, one after the other.
// Ends `serve` by shutting the connection down.
class RawServer {
 public:
  explicit RawServer(std::function<void(int connection)> serve);
  ~RawServer();

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1/batch"; }

 private:
  int listening_ = -1;
  int port_ = 0;
  std::function<void(int)> serve_;
  std::mutex m_;
  int connection_ = -1;
  bool stopping_ = false;
  std::thread thread_;
};

// A port of loopback on which nobody listens.
int closed_port();

}  // namespace waltrack
