#pragma once

#include <string>

namespace waltrack {

// A certificate for 127.0.0.1 (and no other name) that signs itself, with its key, in a temporary
// folder that goes with this.
class SelfSigned {
 public:
  SelfSigned();
  ~SelfSigned();

  std::string certificate_file() const { return folder_ + "/certificate.pem"; }
  std::string key_file() const { return folder_ + "/key.pem"; }

 private:
  std::string folder_;
};

}  // namespace waltrack
