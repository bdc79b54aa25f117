#include "bench/nginx_receiver.hpp"

#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

#include "support/loopback.hpp"
#include "support/wait_until.hpp"

namespace waltrack {
namespace {

using namespace std::chrono_literals;

// Below the ports that the kernel gives to outgoing connections: a client that tries again and
// again while nobody listens could get this very port and be connected to itself.
constexpr int kLowestPort = 20000;
constexpr int kHighestPort = 29999;

constexpr const char* kEchoModule = "/usr/lib/nginx/modules/ngx_http_echo_module.so";

std::string find_nginx() {
  if (access(kEchoModule, R_OK) != 0) {
    throw std::runtime_error(std::string("nginx has no ") + kEchoModule +
                             ": script/bootstrap installs nginx-light, which brings it");
  }
  for (const char* path : {"/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"}) {
    if (access(path, X_OK) == 0) return path;
  }
  throw std::runtime_error("nginx is not installed: script/bootstrap installs nginx-light");
}

// nginx's own `return` answers before the body is there, so the module answers: it reads a body to
// its end first. Bodies fit into the buffer and never get onto the disk. Without a master process
// there is one process, and a kill leaves nothing behind.
std::string config_text(int port) {
  return "daemon off;\n"
         "master_process off;\n"
         "pid nginx.pid;\n"
         "error_log stderr warn;\n"
         "load_module " +
         std::string(kEchoModule) +
         ";\n"
         "events { worker_connections 1024; }\n"
         "http {\n"
         "  access_log off;\n"
         "  client_body_temp_path body;\n"
         "  proxy_temp_path proxy;\n"
         "  fastcgi_temp_path fastcgi;\n"
         "  uwsgi_temp_path uwsgi;\n"
         "  scgi_temp_path scgi;\n"
         "  client_max_body_size 0;\n"
         "  client_body_buffer_size 1m;\n"
         "  keepalive_requests 1000000000;\n"
         "  keepalive_timeout 1h;\n"
         "  server {\n"
         "    listen 127.0.0.1:" +
         std::to_string(port) +
         ";\n"
         "    default_type application/json;\n"
         "    location / { echo_read_request_body; echo -n '{\"success\":true}'; }\n"
         "  }\n"
         "}\n";
}

bool takes_connections(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool taken = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return taken;
}

}  // namespace

NginxReceiver::NginxReceiver() : program_(find_nginx()) {
  std::random_device random;
  std::uniform_int_distribution<int> any(kLowestPort, kHighestPort);
  for (int attempt = 0; attempt < 20; ++attempt) {
    port_ = any(random);
    if (!takes_connections(port_) && try_start()) return;
  }
  throw std::runtime_error("nginx does not start:\n" + process_->stderr_text());
}

void NginxReceiver::start() {
  if (!try_start()) throw std::runtime_error("nginx does not start:\n" + process_->stderr_text());
}

bool NginxReceiver::try_start() {
  const std::filesystem::path config = folder_.write("nginx.conf", config_text(port_));
  ChildOptions options;
  options.args = {program_, "-e", "stderr", "-p", folder_.path().string(), "-c", config.string()};
  process_ = std::make_unique<ChildProcess>(std::move(options));
  const bool settled =
      wait_until([&] { return !process_->running() || takes_connections(port_); }, 15s, 5ms);
  return settled && process_->running();
}

void NginxReceiver::kill() {
  process_->signal(SIGKILL);
  if (!process_->wait(15s)) throw std::runtime_error("nginx survives SIGKILL");
}

bool NginxReceiver::has_client() const {
  // "NUMBER: LOCAL_ADDRESS:PORT REMOTE_ADDRESS:PORT STATE …", in hexadecimal; state 01:
  // established.
  char here[16];
  std::snprintf(here, sizeof here, ":%04X", static_cast<unsigned>(port_));
  std::ifstream sockets("/proc/net/tcp");
  for (std::string line; std::getline(sockets, line);) {
    std::string number, local, remote, state;
    std::istringstream(line) >> number >> local >> remote >> state;
    if (local.ends_with(here) && state == "01") return true;
  }
  return false;
}

std::string NginxReceiver::version() const {
  TempDir output;
  ChildOptions options;
  options.args = {program_, "-v"};
  options.stdout_file = options.stderr_file = output / "version";
  ChildProcess::run(options);
  const std::string text = read_file(output / "version");
  return text.substr(0, text.find('\n'));
}

}  // namespace waltrack
