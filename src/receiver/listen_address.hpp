#pragma once

#include <string>
#include <string_view>

namespace waltrack {

// Where to listen, as people type it: "127.0.0.1:8091", "localhost:0", "[::1]:8091".
struct ListenAddress {
  std::string host;  // without brackets
  int port = 0;      // 0: any that is free

  // Throws a usage Error.
  static ListenAddress parse(std::string_view text);
};

}  // namespace waltrack
