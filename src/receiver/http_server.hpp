#pragma once

#include <httplib.h>
#include <mutex>
#include <set>

namespace waltrack {

// cpp-httplib's server with connections of our own: it can be stopped at once, although clients
// keep their connections open, sleeps while they are idle, and reads in large pieces. Included by
// what serves HTTP only: the library's header is heavy.
class HttpServer final : public httplib::Server {
 public:
  HttpServer();

  // Binds to the address and returns its port, which is `port` unless that is 0. Throws an Error
  // that says what is in the way.
  int bind(const std::string& host, int port);

  // Ends listen_after_bind(), which answers what is being handled, closes all connections and
  // returns. Any thread, once it runs.
  void stop_all();

  // Within a handler: no answer goes out, the connection ends with RST.
  static void reset_this_connection();

 private:
  bool process_and_close_socket(socket_t socket) override;

  std::mutex m_;
  bool stopping_ = false;
  std::set<socket_t> open_;
};

}  // namespace waltrack
