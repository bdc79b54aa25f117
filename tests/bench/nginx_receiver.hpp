#pragma once

#include <memory>
#include <string>

#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

namespace waltrack {

// Debian's nginx as a receiver that reads a whole body, throws it away and accepts: it costs so
// little that who sends is measured. One process, in a folder of its own, as whoever runs this. It
// keeps its port when it is killed and started again. Make it on the main thread (see
// ChildProcess).
class NginxReceiver {
 public:
  NginxReceiver();  // starts it

  void start();  // returns when it takes connections
  void kill();   // SIGKILL, and gone

  bool has_client() const;  // whether anybody is connected to it

  std::string base_url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string batch_url() const { return base_url() + "/v1/batch"; }
  std::string version() const;  // "nginx version: nginx/1.22.1"

 private:
  bool try_start();

  const std::string program_;
  TempDir folder_;
  int port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace waltrack
